# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds requests and answers against the published schemas. They are found by MUSTER_CONTRACTS, else beside the
checkout in ../shared/contracts; nothing of them is part of Muster."""

import os
import pathlib

from lxml import etree

from . import soap

TOP = pathlib.Path(__file__).resolve().parents[3]


class NotXml(Exception):
    """Not well-formed, or with a document type, which SOAP 1.1 forbids."""


def folder():
    """The folder of the EWS schemas; None where there is none."""
    named = os.environ.get('MUSTER_CONTRACTS')
    found = pathlib.Path(named) if named else TOP.parent / 'shared' / 'contracts'
    return found / 'ews' if (found / 'ews' / 'soap.xsd').is_file() else None


def parse(data):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXml(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise NotXml('a document type is not allowed')
    return root


class Schemas:
    def __init__(self, where):
        self.schema = etree.XMLSchema(etree.parse(str(where / 'soap.xsd')))

    def check(self, root):
        """None, or the first violation as (line, column, text)."""
        if self.schema.validate(root):
            return None
        first = self.schema.error_log[0]
        return first.line, first.column, first.message

    def check_answer(self, data):
        """The same of an answer of Exchange, bar the one place where it is known to differ from its schema."""
        root = parse(data)
        for notifications in root.iter(soap.M + 'Notifications'):
            for notification in notifications.iterchildren(soap.M + 'Notification'):
                # types.xsd wants t:Notification; Exchange sends m: (docs: how-to-stream-notifications, ews-java-api
                # #552).
                notification.tag = soap.T + 'Notification'
        return self.check(root)
