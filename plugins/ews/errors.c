/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "errors.h"

#include <string.h>

#define ADVICE_SCOPE                                                                                                   \
  "the service account needs the role ApplicationImpersonation (New-ManagementRoleAssignment) with a scope that "      \
  "covers this mailbox"
#define ADVICE_ELSEWHERE "there is no such mailbox on this server: is the address right, or is it in the cloud?"
#define ADVICE_ACCOUNT "subscriptions belong to the account that made them: use one account, with impersonation"

/* Sorted by code, for bsearch(). */
static const struct
{
  const char *code;
  EwsAction action;
  const char *advice; /* nullable */
} errors[] = {
  { "ErrorADOperation", EWS_ACTION_RETRY, NULL },
  { "ErrorADUnavailable", EWS_ACTION_RETRY, NULL },
  { "ErrorAccessDenied", EWS_ACTION_RIGHTS, ADVICE_SCOPE },
  { "ErrorCalendarViewRangeTooBig", EWS_ACTION_HALVE, NULL },
  { "ErrorConnectionFailed", EWS_ACTION_RETRY, NULL },
  { "ErrorExceededConnectionCount", EWS_ACTION_BUSY, NULL },
  { "ErrorExceededFindCountLimit", EWS_ACTION_HALVE, NULL },
  { "ErrorExceededSubscriptionCount", EWS_ACTION_BUSY,
    "subscriptions of before have not expired yet; they do within half an hour" },
  { "ErrorExpiredSubscription", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorFolderNotFound", EWS_ACTION_NOT_HERE, "the mailbox has no calendar" },
  { "ErrorImpersonateUserDenied", EWS_ACTION_RIGHTS, ADVICE_SCOPE },
  { "ErrorImpersonationDenied", EWS_ACTION_RIGHTS, ADVICE_SCOPE },
  { "ErrorImpersonationFailed", EWS_ACTION_RIGHTS, ADVICE_SCOPE },
  { "ErrorIncorrectSchemaVersion", EWS_ACTION_OLD_VERSION, NULL },
  { "ErrorInsufficientResources", EWS_ACTION_RETRY, NULL },
  { "ErrorInternalServerTransientError", EWS_ACTION_RETRY, NULL },
  { "ErrorInvalidExchangeImpersonationHeaderData", EWS_ACTION_RIGHTS,
    "the account may not impersonate at all, or the token is of the wrong kind" },
  { "ErrorInvalidPullSubscriptionId", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorInvalidSchemaVersionForMailboxVersion", EWS_ACTION_OLD_VERSION, NULL },
  { "ErrorInvalidServerVersion", EWS_ACTION_OLD_VERSION, NULL },
  { "ErrorInvalidSubscription", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorInvalidWatermark", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorItemNotFound", EWS_ACTION_NOT_HERE, "the mailbox has no calendar" },
  { "ErrorMailRecipientNotFound", EWS_ACTION_NOT_HERE, ADVICE_ELSEWHERE },
  { "ErrorMailboxFailover", EWS_ACTION_MAILBOX_WAIT, NULL },
  { "ErrorMailboxLogonFailed", EWS_ACTION_MAILBOX_WAIT, NULL },
  { "ErrorMailboxMoveInProgress", EWS_ACTION_MAILBOX_WAIT, "the mailbox is being moved" },
  { "ErrorMailboxStoreUnavailable", EWS_ACTION_MAILBOX_WAIT, "the mailbox's database is not mounted" },
  { "ErrorMissedNotificationEvents", EWS_ACTION_READ_AGAIN, NULL },
  { "ErrorNewEventStreamConnectionOpened", EWS_ACTION_MAILBOX_WAIT,
    "somebody else reads this subscription: is there a second daemon with the same state?" },
  { "ErrorNoRespondingCASInDestinationSite", EWS_ACTION_MAILBOX_WAIT, "the site of the mailbox does not answer" },
  { "ErrorNonExistentMailbox", EWS_ACTION_NOT_HERE, ADVICE_ELSEWHERE },
  { "ErrorProxyRequestNotAllowed", EWS_ACTION_MAILBOX_WAIT, "the mailbox is on another server, which may be moving" },
  { "ErrorProxyServiceDiscoveryFailed", EWS_ACTION_MAILBOX_WAIT, "the server of the mailbox was not found" },
  { "ErrorReadEventsFailed", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorSchemaValidation", EWS_ACTION_NEVER, "the server does not understand the request; please report this" },
  { "ErrorServerBusy", EWS_ACTION_BUSY, NULL },
  { "ErrorSubscriptionAccessDenied", EWS_ACTION_RESUBSCRIBE, ADVICE_ACCOUNT },
  { "ErrorSubscriptionDelegateAccessNotSupported", EWS_ACTION_RIGHTS, ADVICE_ACCOUNT },
  { "ErrorSubscriptionNotFound", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorSubscriptionUnsubscribed", EWS_ACTION_RESUBSCRIBE, NULL },
  { "ErrorTimeoutExpired", EWS_ACTION_RETRY, NULL },
  { "ErrorTooManyObjectsOpened", EWS_ACTION_RETRY, NULL },
};

static gssize
find (const char *code)
{
  gsize low = 0, high = G_N_ELEMENTS (errors);

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;
      int order = strcmp (code, errors[middle].code);

      if (order == 0)
        return (gssize) middle;
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return -1;
}

EwsAction
ews_error_get_action (const char *code)
{
  gssize i = code != NULL ? find (code) : -1;

  if (code == NULL)
    return EWS_ACTION_NONE;
  return i >= 0 ? errors[i].action : EWS_ACTION_RETRY;
}

const char *
ews_error_get_advice (const char *code)
{
  gssize i = code != NULL ? find (code) : -1;

  return i >= 0 ? errors[i].advice : NULL;
}

const char *
ews_sign_in_get_advice (const char *method)
{
  if (strcmp (method, "basic") == 0)
    return "is the password right, and is Basic switched on for EWS "
           "(Set-WebServicesVirtualDirectory -BasicAuthentication $true)? It is off unless somebody did so";
  if (strcmp (method, "negotiate") == 0)
    return "is there a valid Kerberos ticket for the account, and the SPN HTTP/HOST? Where Extended Protection is "
           "'Require', Negotiate cannot work: set ExtendedProtectionTokenChecking to Allow, or use basic or bearer";
  if (strcmp (method, "bearer") == 0)
    return "has the token expired, and is it for this server (hybrid modern authentication)?";
  return "are DOMAIN\\user and password right? Where Extended Protection is 'Require', NTLM cannot work: set "
         "ExtendedProtectionTokenChecking to Allow, or use basic or bearer. Passwords with letters outside ASCII fail "
         "with NTLM";
}

gint64
ews_error_get_wait (gint64 first, gint64 most, guint n_before)
{
  gint64 wait = first;

  for (guint i = 0; i < n_before && wait < most; i++)
    wait *= 2;
  return MIN (wait, most);
}
