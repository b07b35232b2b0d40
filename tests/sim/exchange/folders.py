# SPDX-License-Identifier: LGPL-2.1-or-later
"""FindItem, GetItem, SyncFolderItems and GetFolder."""

import base64
import binascii
import datetime
import struct

from . import items, model, soap
from .soap import ResponseError, T, M

MAX_VIEW = datetime.timedelta(days=731)
STATE_MAGIC = b'SYNC'


def resolve_folder(call, folder):
    """(mailbox, 'calendar' or another name) of a folder id, or ResponseError."""
    if folder.tag == T + 'FolderId':
        value = folder.get('Id')
        if not model.is_id(value):
            raise ResponseError('ErrorInvalidIdMalformed')
        if call.mailbox is not None:
            call.check(call.mailbox)
            for name, known in (('calendar', call.mailbox.calendar_id), ('deleteditems', call.mailbox.deleted_id),
                                ('msgfolderroot', call.mailbox.root_id)):
                if value == known:
                    return call.mailbox, name
        raise ResponseError('ErrorFolderNotFound')
    named = folder.findtext(f'{T}Mailbox/{T}EmailAddress')
    if named is None:
        if call.mailbox is None:
            raise ResponseError('ErrorMissingEmailAddress')
        mailbox = call.mailbox
    else:
        mailbox = call.exchange.organisation.find(named)
        if mailbox is None:
            raise ResponseError('ErrorNonExistentMailbox')
        if mailbox is not call.mailbox and mailbox.address not in call.account.full_access:
            # Without a right on the folder it is as if it were not there.
            raise ResponseError('ErrorFolderNotFound')
    call.check(mailbox)
    return mailbox, folder.get('Id')


def find_item(call):
    folders = call.operation.find(M + 'ParentFolderIds')
    return soap.response('FindItem', ''.join(call.answer(lambda one=one: find_in(call, one)) for one in folders))


def find_in(call, folder):
    operation = call.operation
    mailbox, name = resolve_folder(call, folder)
    shape = items.Shape(operation.find(M + 'ItemShape'), whole=False)
    view = operation.find(M + 'CalendarView')
    page = operation.find(M + 'IndexedPageItemView')
    limit = call.exchange.limits['find-count']
    if name != 'calendar' or operation.get('Traversal') != 'Shallow':
        found, attributes = [], ''
        total, last = 0, True
    elif view is not None:
        found, total, last = calendar_view(mailbox, view, limit)
        attributes = ''
    else:
        everything = list(mailbox.items.values())
        offset = int(page.get('Offset', '0')) if page is not None else 0
        asked = int(page.get('MaxEntriesReturned') or limit) if page is not None else limit
        found, total = everything[offset:offset + min(asked, limit)], len(everything)
        last = offset + len(found) >= total
        attributes = f'IndexedPagingOffset="{offset + len(found)}" '
    rendered = ''.join(shape.render(one) for one in found)
    listed = f'<t:Items>{rendered}</t:Items>' if rendered else '<t:Items />'
    return soap.message('FindItem', f'<m:RootFolder {attributes}TotalItemsInView="{total}" '
                                    f'IncludesLastItemInRange="{soap.boolean(last)}">{listed}</m:RootFolder>')


def calendar_view(mailbox, view, limit):
    """Series are expanded; a view is never paged (docs: calendarview)."""
    start, end = model.read_time(view.get('StartDate')), model.read_time(view.get('EndDate'))
    if end < start:
        raise ResponseError('ErrorCalendarEndDateIsEarlierThanStartDate')
    if end - start > MAX_VIEW:
        raise ResponseError('ErrorCalendarViewRangeTooBig')
    found = mailbox.instances(start, end)
    asked = int(view.get('MaxEntriesReturned') or 0)
    if len(found) > limit and not 0 < asked <= limit:
        raise ResponseError('ErrorExceededFindCountLimit', values=[('PolicyLimit', limit)])
    shown = found[:asked] if asked else found
    return shown, len(found), len(shown) == len(found)


def get_item(call):
    shape = items.Shape(call.operation.find(M + 'ItemShape'), whole=True)

    def one(item_id):
        return soap.message('GetItem', f'<m:Items>{shape.render(find_by_id(call, item_id))}</m:Items>')

    ids = call.operation.find(M + 'ItemIds')
    return soap.response('GetItem',
                         ''.join(call.answer(lambda given=given: one(given), '<m:Items />') for given in ids))


def find_by_id(call, given):
    if call.mailbox is None:
        raise ResponseError('ErrorItemNotFound')
    call.check(call.mailbox)
    if given.tag == T + 'OccurrenceItemId':
        master, number = given.get('RecurringMasterId'), int(given.get('InstanceIndex'))
    else:
        master, number = given.get('Id') or given.get('OccurrenceId'), 0
    if not model.is_id(master):
        raise ResponseError('ErrorInvalidIdMalformed')
    raw = base64.b64decode(master)
    if raw[:1] == b'\x01':
        number = struct.unpack('>I', raw[-4:])[0]
        master = base64.b64encode(b'\x00' + raw[1:-4]).decode()
    item = call.mailbox.items.get(master)
    if item is None:
        raise ResponseError('ErrorItemNotFound')
    if given.tag == T + 'RecurringMasterItemId' or (number == 0 and item.master):
        return item
    found = next((one for one in item.instances if one.number == number), None)
    if found is None:
        raise ResponseError('ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange')
    return found


def write_state(mailbox, number):
    return base64.b64encode(STATE_MAGIC + mailbox.guid.encode() + struct.pack('>Q', number)).decode()


def read_state(mailbox, state):
    try:
        raw = base64.b64decode(state, validate=True)
    except binascii.Error as error:
        raise invalid_state() from error
    if len(raw) != 48 or raw[:4] != STATE_MAGIC or raw[4:40] != mailbox.guid.encode():
        raise invalid_state()
    number = struct.unpack('>Q', raw[40:])[0]
    if number > mailbox.folder_version:
        raise invalid_state()
    return number


def invalid_state():
    return ResponseError('ErrorInvalidSyncStateData', tail='<m:SyncState /><m:IncludesLastItemInRange>true'
                                                           '</m:IncludesLastItemInRange>')


def sync_folder_items(call):
    return soap.response('SyncFolderItems', call.answer(lambda: sync(call)))


def sync(call):
    operation = call.operation
    mailbox, name = resolve_folder(call, operation.find(M + 'SyncFolderId')[0])
    shape = items.Shape(operation.find(M + 'ItemShape'), whole=False)
    state = operation.findtext(M + 'SyncState') or ''
    since = read_state(mailbox, state) if state else 0
    wanted = int(operation.findtext(M + 'MaxChangesReturned'))
    ignored = {one.get('Id') for one in operation.iterfind(f'{M}Ignore/{T}ItemId')}
    changed = [(number, item_id) for item_id, number in mailbox.changes.items() if number > since]
    if name != 'calendar':
        changed = []
    shown, rest = changed[:wanted], changed[wanted:]
    listed = [change_element(mailbox, shape, item_id, since) for _, item_id in reversed(shown)
              if item_id not in ignored]
    reached = shown[-1][0] if rest else mailbox.folder_version
    changes = ''.join(listed)
    changes = f'<m:Changes>{changes}</m:Changes>' if changes else '<m:Changes />'
    return soap.message('SyncFolderItems', f'<m:SyncState>{write_state(mailbox, reached)}</m:SyncState>'
                                           f'<m:IncludesLastItemInRange>{soap.boolean(not rest)}'
                                           f'</m:IncludesLastItemInRange>{changes}')


def change_element(mailbox, shape, item_id, since):
    """Masters only: no calendaring logic here (docs: mailbox-synchronization)."""
    item = mailbox.items.get(item_id)
    new = mailbox.born[item_id] > since
    if item is None:
        return '' if new else f'<t:Delete><t:ItemId Id="{item_id}" /></t:Delete>'
    kind = 'Create' if new else 'Update'
    return f'<t:{kind}>{shape.render(item if item.master else item.instances[0])}</t:{kind}>'


def get_folder(call):
    folders = call.operation.find(M + 'FolderIds')
    return soap.response('GetFolder', ''.join(call.answer(lambda one=one: folder_message(call, one), '<m:Folders />')
                                              for one in folders))


def folder_message(call, folder):
    mailbox, name = resolve_folder(call, folder)
    if name != 'calendar':
        raise ResponseError('ErrorFolderNotFound')
    shape = call.operation.find(M + 'FolderShape')
    tags = [uri.get('PropertyTag', '').lower() for uri in shape.iter(T + 'ExtendedFieldURI')]
    inner = f'<t:FolderId Id="{mailbox.calendar_id}" ChangeKey="{model.change_key(mailbox.folder_version)}" />'
    if shape.findtext(T + 'BaseShape') != 'IdOnly':
        inner += (f'<t:DisplayName>Calendar</t:DisplayName><t:TotalCount>{len(mailbox.items)}</t:TotalCount>'
                  '<t:ChildFolderCount>0</t:ChildFolderCount>')
    # PR_LOCAL_COMMIT_TIME_MAX and PR_DELETED_COUNT_TOTAL (docs: handling-notification-related-errors).
    latest = mailbox.events[-1].time if mailbox.events else call.exchange.started
    for tag, kind, value in (('0x670a', 'SystemTime', model.show_time(latest)),
                             ('0x670b', 'Integer', mailbox.deleted_total)):
        if tag in tags:
            inner += (f'<t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="{tag}" PropertyType="{kind}" />'
                      f'<t:Value>{value}</t:Value></t:ExtendedProperty>')
    return soap.message('GetFolder', f'<m:Folders><t:CalendarFolder>{inner}</t:CalendarFolder></m:Folders>')
