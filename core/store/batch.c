/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/batch.h"

#include <string.h>

static void
op_clear (gpointer data)
{
  MusterdOp *op = data;

  g_clear_pointer (&op->user, g_ref_string_release);
  switch (op->kind)
    {
    case MUSTERD_OP_PUT_USER:
      g_clear_pointer (&op->u.user, musterd_user_unref);
      break;
    case MUSTERD_OP_PUT_CHOICE:
      g_clear_pointer (&op->u.choice, musterd_choice_free);
      break;
    case MUSTERD_OP_PUT_IGNORE:
      g_free (op->u.ignore.source);
      g_free (op->u.ignore.key);
      break;
    case MUSTERD_OP_PUT_CLAIM:
      g_clear_pointer (&op->u.claim, musterd_claim_unref);
      break;
    case MUSTERD_OP_PUT_CLIENT:
      g_free (op->u.client.source);
      g_free (op->u.client.id);
      break;
    case MUSTERD_OP_PUT_DEVICE:
      g_free (op->u.device.source);
      g_free (op->u.device.id);
      g_free (op->u.device.label);
      break;
    case MUSTERD_OP_REMOVE_IGNORE:
    case MUSTERD_OP_REMOVE_CLAIM:
    case MUSTERD_OP_REMOVE_CLIENT:
    case MUSTERD_OP_REMOVE_DEVICE:
      g_free (op->u.name.source);
      g_free (op->u.name.key);
      break;
    case MUSTERD_OP_PUT_SHOWN:
      g_free (op->u.shown.template_name);
      g_free (op->u.shown.ended_by);
      break;
    case MUSTERD_OP_DROP_SOURCE:
      g_free (op->u.source);
      break;
    case MUSTERD_OP_PUT_RECORD:
      g_free (op->u.record.instance);
      g_free (op->u.record.key);
      g_clear_pointer (&op->u.record.value, g_bytes_unref);
      break;
    case MUSTERD_OP_PUT_TOKEN:
      g_clear_pointer (&op->u.token, musterd_token_unref);
      break;
    case MUSTERD_OP_REMOVE_TOKEN:
      g_free (op->u.token_id);
      break;
    case MUSTERD_OP_PUT_SETTING:
    case MUSTERD_OP_PUT_POLICY:
      g_free (op->u.setting.scope);
      g_free (op->u.setting.block);
      g_free (op->u.setting.option);
      g_free (op->u.setting.value);
      break;
    case MUSTERD_OP_PUT_TEMPLATE:
    case MUSTERD_OP_REMOVE_TEMPLATE:
      g_free (op->u.tmpl.scope);
      musterd_template_free (op->u.tmpl.tmpl);
      break;
    case MUSTERD_OP_PUT_GRANT:
    case MUSTERD_OP_REMOVE_GRANT:
      g_free (op->u.grant.viewer);
      break;
    case MUSTERD_OP_ADD_DELEGATION:
      g_free (op->u.delegation.by);
      g_free (op->u.delegation.what);
      break;
    case MUSTERD_OP_REMOVE_USER:
    case MUSTERD_OP_REMOVE_CHOICE:
    case MUSTERD_OP_PUT_REVISION:
    case MUSTERD_OP_MARK_DEFAULTS:
    case MUSTERD_OP_FORGET_DELEGATIONS:
      break;
    }
}

MusterdBatch *
musterd_batch_new (void)
{
  MusterdBatch *batch = g_new0 (MusterdBatch, 1);

  batch->ops = g_array_new (FALSE, TRUE, sizeof (MusterdOp));
  g_array_set_clear_func (batch->ops, op_clear);
  return batch;
}

void
musterd_batch_free (MusterdBatch *batch)
{
  g_array_unref (batch->ops);
  g_free (batch);
}

gboolean
musterd_batch_is_empty (MusterdBatch *batch)
{
  return batch->ops->len == 0;
}

static gsize
text_size (const char *text)
{
  return text != NULL ? strlen (text) + 1 : 0;
}

/* A change at the end of the list, zeroed but for kind and user. Valid until the next one is added. */
static MusterdOp *
add_op (MusterdBatch *batch, MusterdOpKind kind, const char *user, gsize bytes)
{
  MusterdOp *before = batch->ops->len > 0 ? &g_array_index (batch->ops, MusterdOp, batch->ops->len - 1) : NULL;
  char *shared = NULL;

  if (user != NULL && before != NULL && before->user != NULL && strcmp (before->user, user) == 0)
    shared = g_ref_string_acquire (before->user);
  else if (user != NULL)
    {
      shared = g_ref_string_new (user);
      bytes += text_size (user);
    }

  g_array_set_size (batch->ops, batch->ops->len + 1);
  MusterdOp *op = &g_array_index (batch->ops, MusterdOp, batch->ops->len - 1);

  op->kind = kind;
  op->user = shared;
  batch->bytes += sizeof (MusterdOp) + bytes;
  return op;
}

void
musterd_batch_put_user (MusterdBatch *batch, MusterdUser *user)
{
  add_op (batch, MUSTERD_OP_PUT_USER, user->id, sizeof (MusterdUser))->u.user = musterd_user_ref (user);
}

void
musterd_batch_remove_user (MusterdBatch *batch, const char *user)
{
  add_op (batch, MUSTERD_OP_REMOVE_USER, user, 0);
}

void
musterd_batch_put_choice (MusterdBatch *batch, const char *user, const MusterdChoice *choice)
{
  gsize bytes = sizeof (MusterdChoice) + text_size (choice->template_id) + text_size (choice->text);

  add_op (batch, MUSTERD_OP_PUT_CHOICE, user, bytes)->u.choice = musterd_choice_copy (choice);
}

void
musterd_batch_remove_choice (MusterdBatch *batch, const char *user, gboolean timed)
{
  add_op (batch, MUSTERD_OP_REMOVE_CHOICE, user, 0)->u.timed = timed;
}

void
musterd_batch_put_ignore (MusterdBatch *batch, const char *user, const MusterdIgnore *ignore)
{
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_IGNORE, user, text_size (ignore->source) + text_size (ignore->key));

  op->u.ignore.source = g_strdup (ignore->source);
  op->u.ignore.key = g_strdup (ignore->key);
  op->u.ignore.from = ignore->from;
}

static void
add_removal (MusterdBatch *batch, MusterdOpKind kind, const char *user, const char *source, const char *key)
{
  MusterdOp *op = add_op (batch, kind, user, text_size (source) + text_size (key));

  op->u.name.source = g_strdup (source);
  op->u.name.key = g_strdup (key);
}

void
musterd_batch_remove_ignore (MusterdBatch *batch, const char *user, const char *source, const char *key)
{
  add_removal (batch, MUSTERD_OP_REMOVE_IGNORE, user, source, key);
}

void
musterd_batch_put_claim (MusterdBatch *batch, const char *user, MusterdClaim *claim)
{
  gsize bytes = sizeof (MusterdClaim) + text_size (claim->key) + text_size (claim->text);

  if (claim->more != NULL)
    bytes += sizeof (MusterdClaimMore) + text_size (claim->more->link) + text_size (claim->more->greeting_internal)
             + text_size (claim->more->greeting_external);
  if (claim->rules != NULL)
    bytes += sizeof (MusterdClaimRules);
  add_op (batch, MUSTERD_OP_PUT_CLAIM, user, bytes)->u.claim = musterd_claim_ref (claim);
}

void
musterd_batch_remove_claim (MusterdBatch *batch, const char *user, const char *source, const char *key)
{
  add_removal (batch, MUSTERD_OP_REMOVE_CLAIM, user, source, key);
}

void
musterd_batch_put_client (MusterdBatch *batch, const char *user, const MusterdClient *client)
{
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_CLIENT, user, text_size (client->source) + text_size (client->id));

  op->u.client = *client;
  op->u.client.source = g_strdup (client->source);
  op->u.client.id = g_strdup (client->id);
}

void
musterd_batch_remove_client (MusterdBatch *batch, const char *user, const char *source, const char *id)
{
  add_removal (batch, MUSTERD_OP_REMOVE_CLIENT, user, source, id);
}

void
musterd_batch_put_device (MusterdBatch *batch, const char *user, const MusterdDevice *device)
{
  gsize bytes = text_size (device->source) + text_size (device->id) + text_size (device->label);
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_DEVICE, user, bytes);

  op->u.device = *device;
  op->u.device.source = g_strdup (device->source);
  op->u.device.id = g_strdup (device->id);
  op->u.device.label = g_strdup (device->label);
}

void
musterd_batch_remove_device (MusterdBatch *batch, const char *user, const char *source, const char *id)
{
  add_removal (batch, MUSTERD_OP_REMOVE_DEVICE, user, source, id);
}

void
musterd_batch_put_shown (MusterdBatch *batch, const char *user, MusterdStatus status, const char *template_name,
                         MusterdTime since, const char *ended_by)
{
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_SHOWN, user, text_size (template_name) + text_size (ended_by));

  op->u.shown.status = status;
  op->u.shown.template_name = g_strdup (template_name);
  op->u.shown.since = since;
  op->u.shown.ended_by = g_strdup (ended_by);
}

void
musterd_batch_drop_source (MusterdBatch *batch, const char *source)
{
  add_op (batch, MUSTERD_OP_DROP_SOURCE, NULL, text_size (source))->u.source = g_strdup (source);
}

void
musterd_batch_put_record (MusterdBatch *batch, const char *instance, const char *user, const char *key, GBytes *value)
{
  gsize bytes = text_size (instance) + text_size (key) + (value != NULL ? g_bytes_get_size (value) : 0);
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_RECORD, user, bytes);

  op->u.record.instance = g_strdup (instance);
  op->u.record.key = g_strdup (key);
  op->u.record.value = value != NULL ? g_bytes_ref (value) : NULL;
}

void
musterd_batch_put_token (MusterdBatch *batch, MusterdToken *token)
{
  gsize bytes = sizeof (MusterdToken) + text_size (token->id) + text_size (token->label) + text_size (token->by);

  add_op (batch, MUSTERD_OP_PUT_TOKEN, token->user, bytes)->u.token = musterd_token_ref (token);
}

void
musterd_batch_remove_token (MusterdBatch *batch, const char *id)
{
  add_op (batch, MUSTERD_OP_REMOVE_TOKEN, NULL, text_size (id))->u.token_id = g_strdup (id);
}

static void
add_grant (MusterdBatch *batch, MusterdOpKind kind, const char *owner, const MusterdGrant *grant)
{
  g_autofree char *viewer = musterd_viewer_to_key (grant->kind, grant->name);
  MusterdOp *op = add_op (batch, kind, owner, text_size (viewer));

  op->u.grant.viewer = g_steal_pointer (&viewer);
  op->u.grant.level = grant->level;
  op->u.grant.own_word = grant->own_word;
}

void
musterd_batch_put_grant (MusterdBatch *batch, const char *owner, const MusterdGrant *grant)
{
  add_grant (batch, MUSTERD_OP_PUT_GRANT, owner, grant);
}

void
musterd_batch_remove_grant (MusterdBatch *batch, const char *owner, const MusterdGrant *grant)
{
  add_grant (batch, MUSTERD_OP_REMOVE_GRANT, owner, grant);
}

void
musterd_batch_put_revision (MusterdBatch *batch, guint64 revision)
{
  add_op (batch, MUSTERD_OP_PUT_REVISION, NULL, 0)->u.revision = revision;
}

static MusterdOp *
add_setting (MusterdBatch *batch, MusterdOpKind kind, const char *scope, const char *block)
{
  MusterdOp *op = add_op (batch, kind, NULL, text_size (scope) + text_size (block));

  op->u.setting.scope = g_strdup (scope);
  op->u.setting.block = g_strdup (block);
  return op;
}

void
musterd_batch_put_setting (MusterdBatch *batch, const char *scope, const char *block, const char *option,
                           const char *value)
{
  MusterdOp *op = add_setting (batch, MUSTERD_OP_PUT_SETTING, scope, block);

  op->u.setting.option = g_strdup (option);
  op->u.setting.value = g_strdup (value);
  batch->bytes += text_size (option) + text_size (value);
}

void
musterd_batch_put_policy (MusterdBatch *batch, const char *scope, const char *block, int policy)
{
  add_setting (batch, MUSTERD_OP_PUT_POLICY, scope, block)->u.setting.policy = policy;
}

void
musterd_batch_put_template (MusterdBatch *batch, const char *scope, guint position, const MusterdTemplate *tmpl)
{
  MusterdOp *op = add_op (batch, MUSTERD_OP_PUT_TEMPLATE, NULL, sizeof *tmpl + text_size (tmpl->text));

  op->u.tmpl.scope = g_strdup (scope);
  op->u.tmpl.position = position;
  op->u.tmpl.tmpl = musterd_template_copy (tmpl);
}

void
musterd_batch_remove_template (MusterdBatch *batch, const char *id)
{
  add_op (batch, MUSTERD_OP_REMOVE_TEMPLATE, NULL, text_size (id))->u.tmpl.scope = g_strdup (id);
}

void
musterd_batch_mark_defaults (MusterdBatch *batch)
{
  add_op (batch, MUSTERD_OP_MARK_DEFAULTS, NULL, 0);
}

void
musterd_batch_add_delegation (MusterdBatch *batch, const char *user, MusterdTime time, const char *by,
                              const char *what)
{
  MusterdOp *op = add_op (batch, MUSTERD_OP_ADD_DELEGATION, user, text_size (by) + text_size (what));

  op->u.delegation.time = time;
  op->u.delegation.by = g_strdup (by);
  op->u.delegation.what = g_strdup (what);
}

void
musterd_batch_forget_delegations (MusterdBatch *batch, MusterdTime before)
{
  add_op (batch, MUSTERD_OP_FORGET_DELEGATIONS, NULL, 0)->u.before = before;
}
