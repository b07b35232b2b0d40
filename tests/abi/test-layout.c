/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout of API level 1 as compiled plugins have it: it may grow at the end of a struct, it may not move. */
#include <muster/muster-plugin.h>

#define VALUE(name, value) G_STATIC_ASSERT ((name) == (value))

/* MusterStatus */
VALUE (MUSTER_STATUS_NONE, 0);
VALUE (MUSTER_STATUS_AVAILABLE, 1);
VALUE (MUSTER_STATUS_BE_RIGHT_BACK, 2);
VALUE (MUSTER_STATUS_BUSY, 3);
VALUE (MUSTER_STATUS_DO_NOT_DISTURB, 4);
VALUE (MUSTER_STATUS_UNAVAILABLE, 5);
VALUE (MUSTER_STATUS_LOGGED_OFF, 6);

/* MusterClaimKind */
VALUE (MUSTER_CLAIM_DND, 0);
VALUE (MUSTER_CLAIM_SHARING, 1);
VALUE (MUSTER_CLAIM_CALL, 2);
VALUE (MUSTER_CLAIM_MICROPHONE, 3);
VALUE (MUSTER_CLAIM_ABSENCE, 4);
VALUE (MUSTER_CLAIM_APPOINTMENT, 5);

/* MusterFreeBusy */
VALUE (MUSTER_FREE_BUSY_NONE, 0);
VALUE (MUSTER_FREE_BUSY_FREE, 1);
VALUE (MUSTER_FREE_BUSY_ELSEWHERE, 2);
VALUE (MUSTER_FREE_BUSY_TENTATIVE, 3);
VALUE (MUSTER_FREE_BUSY_BUSY, 4);
VALUE (MUSTER_FREE_BUSY_OUT_OF_OFFICE, 5);

/* MusterResponse */
VALUE (MUSTER_RESPONSE_NONE, 0);
VALUE (MUSTER_RESPONSE_ORGANIZER, 1);
VALUE (MUSTER_RESPONSE_ACCEPTED, 2);
VALUE (MUSTER_RESPONSE_TENTATIVE, 3);
VALUE (MUSTER_RESPONSE_DECLINED, 4);
VALUE (MUSTER_RESPONSE_UNANSWERED, 5);

/* MusterTelephony */
VALUE (MUSTER_TELEPHONY_NONE, 0);
VALUE (MUSTER_TELEPHONY_IDLE, 1);
VALUE (MUSTER_TELEPHONY_RINGING, 2);
VALUE (MUSTER_TELEPHONY_ON_THE_PHONE, 3);

/* MusterClientState */
VALUE (MUSTER_CLIENT_NONE, 0);
VALUE (MUSTER_CLIENT_ACTIVE, 1);
VALUE (MUSTER_CLIENT_IDLE, 2);
VALUE (MUSTER_CLIENT_LOCKED, 3);
VALUE (MUSTER_CLIENT_ENDED, 4);

/* MusterHealth */
VALUE (MUSTER_HEALTH_ONLINE, 0);
VALUE (MUSTER_HEALTH_DEGRADED, 1);
VALUE (MUSTER_HEALTH_OFFLINE, 2);

/* MusterUserState */
VALUE (MUSTER_USER_OK, 0);
VALUE (MUSTER_USER_DEGRADED, 1);
VALUE (MUSTER_USER_NOT_HERE, 2);
VALUE (MUSTER_USER_SIGN_IN, 3);

/* MusterDeliveryResult */
VALUE (MUSTER_DELIVERY_APPLIED, 0);
VALUE (MUSTER_DELIVERY_UNREACHABLE, 1);
VALUE (MUSTER_DELIVERY_REFUSED, 2);
VALUE (MUSTER_DELIVERY_LEFT_TO_PERSON, 3);

/* MusterForwardAction */
VALUE (MUSTER_FORWARD_DO_NOT_CHANGE, 0);
VALUE (MUSTER_FORWARD_OFF, 1);
VALUE (MUSTER_FORWARD_DO_NOT_DISTURB, 2);
VALUE (MUSTER_FORWARD_TO, 3);

/* MusterForwardScope */
VALUE (MUSTER_SCOPE_ALL, 0);
VALUE (MUSTER_SCOPE_INTERNAL, 1);
VALUE (MUSTER_SCOPE_EXTERNAL, 2);

/* MusterReach */
VALUE (MUSTER_REACH_FREE, 0);
VALUE (MUSTER_REACH_ON_THE_PHONE, 1);
VALUE (MUSTER_REACH_BUSY, 2);
VALUE (MUSTER_REACH_AWAY, 3);
VALUE (MUSTER_REACH_OFF, 4);

/* MusterNumber */
VALUE (MUSTER_NUMBER_EXTENSION, 0);
VALUE (MUSTER_NUMBER_HOME, 1);
VALUE (MUSTER_NUMBER_MOBILE, 2);
VALUE (MUSTER_NUMBER_VOICEMAIL, 3);

/* MusterGreeting */
VALUE (MUSTER_GREETING_INTERNAL, 0);
VALUE (MUSTER_GREETING_EXTERNAL, 1);

/* MusterDurability */
VALUE (MUSTER_LAZY, 0);
VALUE (MUSTER_DURABLE, 1);

/* MusterLogLevel */
VALUE (MUSTER_LOG_DEBUG, 0);
VALUE (MUSTER_LOG_INFO, 1);
VALUE (MUSTER_LOG_MESSAGE, 2);
VALUE (MUSTER_LOG_WARNING, 3);

/* MusterKinds */
VALUE (MUSTER_KINDS_DND, 1);
VALUE (MUSTER_KINDS_SHARING, 2);
VALUE (MUSTER_KINDS_CALL, 4);
VALUE (MUSTER_KINDS_MICROPHONE, 8);
VALUE (MUSTER_KINDS_ABSENCE, 16);
VALUE (MUSTER_KINDS_APPOINTMENT, 32);

/* MusterNeeds */
VALUE (MUSTER_NEEDS_STATUS, 1);
VALUE (MUSTER_NEEDS_TEXT, 2);
VALUE (MUSTER_NEEDS_TEMPLATE, 4);
VALUE (MUSTER_NEEDS_KIND, 8);
VALUE (MUSTER_NEEDS_FORWARDING, 16);
VALUE (MUSTER_NEEDS_TELEPHONY, 32);
VALUE (MUSTER_NEEDS_LABEL, 64);
VALUE (MUSTER_NEEDS_REACH, 128);
VALUE (MUSTER_NEEDS_TIMES, 256);
VALUE (MUSTER_NEEDS_GREETING, 512);

/* MusterOptionType */
VALUE (MUSTER_OPTION_STRING, 0);
VALUE (MUSTER_OPTION_BOOLEAN, 1);
VALUE (MUSTER_OPTION_INTEGER, 2);
VALUE (MUSTER_OPTION_DURATION, 3);
VALUE (MUSTER_OPTION_PATH, 4);
VALUE (MUSTER_OPTION_URL, 5);
VALUE (MUSTER_OPTION_SECRET, 6);
VALUE (MUSTER_OPTION_CHOICE, 7);
VALUE (MUSTER_OPTION_LIST, 8);
VALUE (MUSTER_OPTION_TABLE, 9);

/* MusterOptionFlags */
VALUE (MUSTER_OPTION_REQUIRED, 1);

/* MusterError */
VALUE (MUSTER_ERROR_NOT_SUPPORTED, 0);
VALUE (MUSTER_ERROR_CONFIG, 1);
VALUE (MUSTER_ERROR_AUTH, 2);
VALUE (MUSTER_ERROR_UNREACHABLE, 3);
VALUE (MUSTER_ERROR_PROTOCOL, 4);
VALUE (MUSTER_ERROR_NOT_FOUND, 5);
VALUE (MUSTER_ERROR_LOCKED, 6);
VALUE (MUSTER_ERROR_FAILED, 7);

/* MusterReportResult */
VALUE (MUSTER_REPORT_OK, 0);
VALUE (MUSTER_REPORT_NOTE, 1);
VALUE (MUSTER_REPORT_PROBLEM, 2);

VALUE (MUSTER_PLUGIN_ABI, 1);
VALUE (MUSTER_NOW, 0);
VALUE (MUSTER_OPEN_ENDED, G_MAXINT64);
VALUE (MUSTER_RECORD_MAX, 4096);
VALUE (MUSTER_SECRET_MAX, 16384);
VALUE (sizeof (MusterDelivery), 8);

#if GLIB_SIZEOF_VOID_P == 8
/* At API level 1; a level that appends a member replaces the size by the offset of that member. */
#define SIZE(type, size) G_STATIC_ASSERT (sizeof (type) == (size))
#define OFFSET(type, member, offset) G_STATIC_ASSERT (G_STRUCT_OFFSET (type, member) == (offset))

SIZE (MusterColumn, 32);
OFFSET (MusterColumn, name, 0);
OFFSET (MusterColumn, type, 8);
OFFSET (MusterColumn, default_value, 16);
OFFSET (MusterColumn, doc, 24);

SIZE (MusterOption, 88);
OFFSET (MusterOption, name, 0);
OFFSET (MusterOption, type, 8);
OFFSET (MusterOption, default_value, 16);
OFFSET (MusterOption, doc, 24);
OFFSET (MusterOption, flags, 32);
OFFSET (MusterOption, min, 40);
OFFSET (MusterOption, max, 48);
OFFSET (MusterOption, choices, 56);
OFFSET (MusterOption, columns, 64);
OFFSET (MusterOption, column_size, 72);
OFFSET (MusterOption, n_columns, 80);

SIZE (MusterClaim, 120);
OFFSET (MusterClaim, struct_size, 0);
OFFSET (MusterClaim, key, 8);
OFFSET (MusterClaim, kind, 16);
OFFSET (MusterClaim, from, 24);
OFFSET (MusterClaim, until, 32);
OFFSET (MusterClaim, lease, 40);
OFFSET (MusterClaim, free_busy, 48);
OFFSET (MusterClaim, response, 52);
OFFSET (MusterClaim, template_role, 56);
OFFSET (MusterClaim, text, 64);
OFFSET (MusterClaim, link, 72);
OFFSET (MusterClaim, greeting_internal, 80);
OFFSET (MusterClaim, greeting_external, 88);
OFFSET (MusterClaim, categories, 96);
OFFSET (MusterClaim, n_attendees, 104);
OFFSET (MusterClaim, all_day, 108);
OFFSET (MusterClaim, cancelled, 112);
OFFSET (MusterClaim, is_private, 116);

SIZE (MusterSourceOps, 72);
OFFSET (MusterSourceOps, struct_size, 0);
OFFSET (MusterSourceOps, kinds, 8);
OFFSET (MusterSourceOps, start, 16);
OFFSET (MusterSourceOps, kept, 24);
OFFSET (MusterSourceOps, users, 32);
OFFSET (MusterSourceOps, sync, 40);
OFFSET (MusterSourceOps, action_answer, 48);
OFFSET (MusterSourceOps, test, 56);
OFFSET (MusterSourceOps, stop, 64);

SIZE (MusterSinkOps, 96);
OFFSET (MusterSinkOps, struct_size, 0);
OFFSET (MusterSinkOps, needs, 8);
OFFSET (MusterSinkOps, max_in_flight, 16);
OFFSET (MusterSinkOps, deadline, 24);
OFFSET (MusterSinkOps, open, 32);
OFFSET (MusterSinkOps, kept, 40);
OFFSET (MusterSinkOps, users, 48);
OFFSET (MusterSinkOps, apply, 56);
OFFSET (MusterSinkOps, action_answer, 64);
OFFSET (MusterSinkOps, test, 72);
OFFSET (MusterSinkOps, drain, 80);
OFFSET (MusterSinkOps, close, 88);

SIZE (MusterPluginDescriptor, 112);
OFFSET (MusterPluginDescriptor, struct_size, 0);
OFFSET (MusterPluginDescriptor, abi, 8);
OFFSET (MusterPluginDescriptor, api_level, 12);
OFFSET (MusterPluginDescriptor, id, 16);
OFFSET (MusterPluginDescriptor, version, 24);
OFFSET (MusterPluginDescriptor, license, 32);
OFFSET (MusterPluginDescriptor, summary, 40);
OFFSET (MusterPluginDescriptor, option_size, 48);
OFFSET (MusterPluginDescriptor, n_options, 56);
OFFSET (MusterPluginDescriptor, options, 64);
OFFSET (MusterPluginDescriptor, user_option_size, 72);
OFFSET (MusterPluginDescriptor, n_user_options, 80);
OFFSET (MusterPluginDescriptor, user_options, 88);
OFFSET (MusterPluginDescriptor, source, 96);
OFFSET (MusterPluginDescriptor, sink, 104);
#endif

int
main (void)
{
  /* Whoever reads this has compiled it. */
  g_print ("1..1\nok 1 /abi/layout\n");
  return 0;
}
