/* The time at a host (specs/protocol.md 4, "The clock of a worker"; storage.md, "The time"): who owns
   its clock sets it at will and shows it any head that the KDC ever signed, later than others or
   never; the host is started again at will. What the feed says is taken as true (feed.pml), and a
   worker may be held up between any two checks. README.md says how to read this.

   The KDC revokes the ticket at REVOKED; who has heard a head with a later time knows. */

/*? clock safe. Within one boot a feed passes as fresh for no longer than max_staleness beyond the
    delay with which it was once heard; no ticket has its end back once a head from after it was
    known; and one that was once known to be revoked is not accepted.
    without: floor anchor no_older kept forgets again */
/*? honest reached. A ticket can be accepted. */
/*? clock_behind reached. Not promised: in another boot, with the clock set back to the last known
    second and the feed withheld, a ticket that has ended passes. */

#define STALE 1 /* the ticket's max_staleness */
#define REVOKED 2
#define END 4 /* of the ticket */
#define LAST_TIME 6

byte now = 1; /* the KDC's time: heads of all times up to now are about */
byte clock = 1; /* the host's */
byte known; /* the second of the newest head; 0: none was heard */
byte least; /* what it must be by now: signed time and uptime */
bool knows; /* that the ticket is revoked */

/* For the query alone. */
byte delay; /* with which a head was heard in this boot, the least; with the first it begins */
byte ever_known;
bool ever_knew;

active proctype world() {
  byte t;
  do
  :: atomic { now < LAST_TIME -> now++; if :: known > 0 -> least++ :: else fi }
  :: atomic { clock = 1 }
  :: atomic { clock = END }
  :: atomic { /* is shown a head */
       t = 1;
       do :: t < now -> t++ :: break od;
       if
#ifndef WITHOUT_no_older /* [7] */
       :: t < known -> skip
#endif
       :: else ->
            if :: known == 0 || now - t < delay -> delay = now - t :: else fi;
            known = t;
#ifdef WITHOUT_anchor /* [storage.md, The time] */
            least = t;
#elif defined(WITHOUT_no_older)
            least = t;
#else
            if :: t > least -> least = t :: else fi;
#endif
            if :: t > ever_known -> ever_known = t :: else fi;
            if :: t > REVOKED && t < END -> knows = true; ever_knew = true :: else fi
       fi;
       t = 0 }
#ifndef WITHOUT_kept /* [storage.md, The time] */
  :: atomic { known > 0 -> least = known; delay = now - known } /* another boot */
#else
  :: atomic { known > 0 -> least = 0; delay = 0; known = 0 }
#endif
#ifndef WITHOUT_forgets /* [7] */
  :: atomic { knows && known >= END -> knows = false } /* it matters no more */
#else
  :: atomic { knows && clock >= END -> knows = false }
#endif
  od
}

#ifndef WITHOUT_floor /* [4, The clock of a worker] */
#define IT_IS (clock > least -> clock : least)
#else
#define IT_IS clock
#endif
#ifndef WITHOUT_again /* [4, check 14] */
#define NOT_OVER (known < END)
#else
#define NOT_OVER true
#endif

active proctype worker() {
  bool wrong, later;
again:
  atomic { /* 9 and 12 */
    known > 0 && IT_IS < END && IT_IS <= known + STALE ->
    wrong = (now > known + STALE + delay || ever_known >= END || ever_knew);
    later = (now >= END)
  };
  atomic { if :: knows -> wrong = false; later = false; goto again :: else fi }; /* 13, 14 */
  atomic { /* 16 */
    if
    :: NOT_OVER ->
#ifdef QUERY_clock
       assert(!wrong);
#endif
#ifdef QUERY_honest
       assert(false);
#endif
#ifdef QUERY_clock_behind
       assert(!later);
#endif
       skip
    :: else
    fi;
    wrong = false; later = false;
    goto again
  }
}
