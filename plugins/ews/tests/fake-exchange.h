/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server for the unit tests, on a thread of its own: answers each operation for each mailbox with what the test has
 * set, and writes down what it was asked. Basic is its only sign-in: svc, with the password that is set. */
#pragma once

#include <glib.h>

typedef struct _FakeExchange FakeExchange;

FakeExchange *fake_exchange_new  (void);
void          fake_exchange_free (FakeExchange *fake);
guint         fake_exchange_port (FakeExchange *fake);

void  fake_exchange_set_password (FakeExchange *fake, const char *password);
/* 0: as usual; otherwise the HTTP status of every answer. */
void  fake_exchange_set_status   (FakeExchange *fake, guint status);
/* `answer` nullable: as usual. What stands within the operation's response message, or the code of an error
 * ("ErrorServerBusy"), or "!" and the whole body. `mailbox` "*": of all that have none of their own. */
void  fake_exchange_set_answer   (FakeExchange *fake, const char *mailbox, const char *operation, const char *answer);
/* The operations asked for since the last call, "FindItem alice@example.com;…", sorted by their time. */
char *fake_exchange_take_log     (FakeExchange *fake);
guint fake_exchange_count        (FakeExchange *fake); /* of all that was asked, ever */
