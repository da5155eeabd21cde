/* The table of first uses (specs/protocol.md 4, check 14): one ticket, two run chains. Two workers
   share the table; the engine hands either chain to either worker as often as it likes; the host
   may lose power, its clock is set at will, the ticket may be renewed, and a worker may be held up
   between any two steps. README.md says how to read this. */

/*? once safe. The ticket's work is done in one run chain only.
    without: first_use durable atomic before again renewal */
/*? honest reached. Work is done. */
/*? retry reached. The same run chain goes on after a crash that cut it off. */

#define FIRST_END 1 /* the ticket's run_until, and the end of its renewed form */
#define LAST_END 2
#ifndef WITHOUT_renewal /* [4, check 14] */
#define KEEP LAST_END /* renew_until: a pin holds for every form of the ticket */
#else
#define KEEP form
#endif

byte pinned; /* in the table: 0 none, else the run chain */
byte on_disk; /* of that */
byte kept_until; /* by the pin */
byte clock; /* the host's */
byte kdc_time; /* the newest that the KDC signed and this host has seen: a floor under its clock */
byte end = FIRST_END; /* of the form of the ticket that is handed out */
byte life; /* grows with each crash */
bool done[3]; /* done[c]: run chain c has had its effect */

#define IN_DATE (clock < end && kdc_time < end)
#define CUT_OFF (born != life)
#define MAY_PIN (pinned == 0)
#ifndef WITHOUT_again /* [4, check 14] */
#define NOT_OVER (kdc_time < form)
#else
#define NOT_OVER true
#endif
#ifndef WITHOUT_first_use /* [4, check 14] */
#define MAY_RUN (MAY_PIN || pinned == chain)
#else
#define MAY_RUN true
#endif

inline pin() {
#ifndef WITHOUT_durable /* [4, check 14] */
  if :: pinned == 0 -> on_disk = chain :: else fi;
#endif
  if :: pinned == 0 -> pinned = chain; kept_until = KEEP :: else fi
}

inline have_effect() {
  done[chain] = true;
  assert(!(done[1] && done[2]));
#ifdef QUERY_honest
  assert(false);
#endif
#ifdef QUERY_retry
  assert(!(life == 1 && pinned == chain && cut[chain]));
  cut[chain] = true
#endif
}
#ifdef QUERY_retry
bool cut[3];
#endif

active [2] proctype worker() {
  byte chain, born, form;
again:
  chain = 0; born = 0; form = 0;
  /* All checks before the first use have passed. */
  atomic { IN_DATE -> born = life; form = end; if :: chain = 1 :: chain = 2 fi };
#ifdef WITHOUT_before /* [4, check 14] */
  if
  :: atomic { !CUT_OFF && MAY_RUN -> have_effect() }
  :: atomic { CUT_OFF || !MAY_RUN -> goto again }
  fi;
#endif
#ifdef WITHOUT_atomic /* [4, check 14] */
  if
  :: atomic { !CUT_OFF && MAY_RUN -> skip }
  :: atomic { CUT_OFF || !MAY_RUN -> goto again }
  fi;
  if
  :: atomic { !CUT_OFF -> pin() }
  :: atomic { CUT_OFF -> goto again }
  fi;
#else
  if
  :: atomic { !CUT_OFF && MAY_RUN -> pin() }
  :: atomic { CUT_OFF || !MAY_RUN -> goto again }
  fi;
#endif
  if
  :: atomic { !CUT_OFF && NOT_OVER -> skip } /* check 16 */
  :: atomic { CUT_OFF || !NOT_OVER -> goto again }
  fi;
#ifndef WITHOUT_before
  if
  :: atomic { !CUT_OFF -> have_effect() }
  :: atomic { CUT_OFF -> skip }
  fi;
#endif
  goto again
}

active proctype world() {
  do
  :: atomic { clock < LAST_END -> clock++ }
  :: atomic { clock > 0 -> clock-- } /* somebody sets it back */
  :: atomic { kdc_time < LAST_END -> kdc_time++ } /* a head of the feed arrives */
  :: atomic { end == FIRST_END -> end = LAST_END }
  :: atomic { life == 0 -> life = 1; pinned = on_disk } /* power is lost */
  :: atomic { pinned != 0 && kdc_time >= kept_until ->
       pinned = 0; on_disk = 0 } /* it has ended */
  od
}
