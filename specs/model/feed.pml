/* The revocation feed (specs/protocol.md 7): the KDC, who appends, compacts and publishes; a follower,
   who is shown whatever was ever published, old or new, or nothing, and may lose power between any
   two transactions; a worker of the same host, who judges one ticket by what the follower has (4,
   checks 9, 12 and 13). README.md says how to read this; the host's clock is true here, host.pml
   is about the others.

   One entry is about the ticket; the others are not. A segment holds two entries, and level 1 is
   left out. Time begins at 1, and 0 is never. */

/*? stale safe. A ticket that was revoked is not accepted longer than its max_staleness after that.
    without: signed linked fresh goal stands_again matters time_first entries_first head_first */
/*? honest reached. A ticket that nobody revoked is accepted. */
/*? learned reached. The follower learns the entry where it first stood. */
/*? jumped reached. A follower that has jumped over the entry learns it where it stands again. */

#define STALE 1 /* the ticket's max_staleness */
#define END 4 /* of the ticket; its entry matters until then */
#define SEGMENT 2
#define ENTRIES 4
#define HEADS 3

/* --- The KDC ------------------------------------------------------------------------------------ */
byte now = 1;
byte last, base; /* of the feed */
byte revoked_at; /* the ticket; 0: not */
byte stands; /* the newest entry about it; 0: none */
bool about[ENTRIES + 1]; /* is the entry about the ticket? */
byte at[ENTRIES + 1]; /* when it was appended, for the last of a full segment */
byte heads; /* published ones, which anybody may show for ever */
byte h_base[HEADS], h_last[HEADS], h_time[HEADS];

inline append(it) {
  last++;
  about[last] = it;
  if :: last % SEGMENT == 0 -> at[last] = now :: else fi;
  if :: it -> stands = last :: else fi
}

#ifndef WITHOUT_matters /* [7] */
#define MATTERS (now < END)
#else
#define MATTERS (now + 2 < END) /* it is let go while the ticket may live */
#endif

/* The oldest segment goes: what still matters stands again, and the base is raised over it. */
inline compact() {
  if
#ifndef WITHOUT_stands_again /* [7, Compaction] */
  :: stands > base && stands <= base + SEGMENT && MATTERS -> append(true)
#endif
  :: else
  fi;
  base = base + SEGMENT
}

active proctype kdc() {
  do
  :: atomic { now < END -> now++ }
  :: atomic { last < ENTRIES -> append(false) }
  :: atomic { last < ENTRIES && revoked_at == 0 && now < END -> revoked_at = now; append(true) }
  :: atomic { last < ENTRIES && base + SEGMENT <= last -> compact() }
  od
}

inline publish(from, to, when) {
  h_base[heads] = from; h_last[heads] = to; h_time[heads] = when;
  heads++
}

/* The time in a head is taken before its last entry is. */
active proctype publisher() {
#ifndef WITHOUT_time_first /* [7, Head] */
  byte then;
  do
  :: atomic { heads < HEADS && then == 0 -> then = now }
  :: atomic { then != 0 -> publish(base, last, then); then = 0 }
  od
#else
  byte b, l;
  bool taken;
  do
  :: atomic { heads < HEADS && !taken -> b = base; l = last; taken = true }
  :: atomic { taken -> publish(b, l, now); b = 0; l = 0; taken = false }
  od
#endif
}

/* --- The follower: all that it has is on disk ---------------------------------------------------- */
byte place, goal, known; /* known: the second; 0: nothing was heard */
bool knows; /* that the ticket is revoked */

#if defined(QUERY_learned) || defined(QUERY_jumped)
bool jumped;
#define JUMP jumped = true
#else
#define JUMP skip
#endif

inline reach(l, t) {
  place = l;
  if
#ifndef WITHOUT_goal /* [7, A follower] */
  :: place < goal
#endif
  :: else -> if :: t > known -> known = t :: else fi
  fi
}

inline take_head(i) {
  if
  :: h_last[i] < place || h_time[i] < known -> skip /* the feed went back */
  :: else ->
     if :: place < h_base[i] -> place = h_base[i]; goal = h_last[i]; JUMP :: else fi;
     if :: place == h_last[i] -> reach(h_last[i], h_time[i]) :: else fi
  fi
}

/* The entries after `from` up to `end`, which are one or two. */
inline learn(from) {
  if
  :: about[end] || (end == from + 2 && about[from + 1]) ->
    knows = true;
#ifdef QUERY_learned
    assert(jumped)
#elif defined(QUERY_jumped)
    assert(!jumped)
#endif
#ifdef WITHOUT_linked /* [7] */
  :: true /* it is shown others in their place */
#else
  :: else
#endif
  fi
}

/* Two transactions: the place is never ahead of the entries (storage.md, "Order of writing"). */
#ifndef WITHOUT_entries_first /* [storage.md, Order of writing] */
#define FIRST learn(place)
#define SECOND reach(end, t)
#else
byte left;
#define FIRST left = place; reach(end, t)
#define SECOND learn(left)
#endif

#define SEGMENT_END (place - place % SEGMENT + SEGMENT) /* of the one with the next entry */
#define ANY_HEAD do :: i + 1 < heads -> i++ :: break od

active proctype follower() {
  byte i, end, t; /* end, t: of the segment at hand */
  do
  :: atomic { end == 0 && heads > 0 -> ANY_HEAD; take_head(i); i = 0 }
#ifdef WITHOUT_signed /* [7] */
  :: atomic { end == 0 -> reach(place, now) } /* anybody's head */
#endif
  :: atomic { end == 0 && SEGMENT_END <= last -> end = SEGMENT_END; t = at[end]; FIRST }
  :: atomic { end == 0 && heads > 0 -> /* one that was not full when that head was published */
       ANY_HEAD;
       if
       :: h_last[i] > place && h_last[i] < SEGMENT_END -> end = h_last[i]; t = h_time[i]; FIRST
       :: else
       fi;
       i = 0 }
  :: atomic { end != 0 -> SECOND; end = 0; t = 0 }
  :: atomic { end != 0 -> end = 0; t = 0 } /* power is lost */
  od
}

/* --- The worker ---------------------------------------------------------------------------------- */
#ifndef WITHOUT_fresh /* [4, check 12] */
#define FRESH (known > 0 && now <= known + STALE)
#else
#define FRESH (known > 0)
#endif

inline accept() {
#ifdef QUERY_stale
  assert(!too_late);
#endif
#ifdef QUERY_honest
  assert(revoked_at != 0);
#endif
  too_late = false
}

/* What is known is read before the entries are. */
#ifndef WITHOUT_head_first /* [4, check 12] */
#define CHECK_12 FRESH
#define CHECK_13 !knows
#else
#define CHECK_12 !knows
#define CHECK_13 FRESH
#endif

active proctype worker() {
  bool too_late; /* has it been revoked for longer than STALE, now that the times are read? */
again:
  atomic { now < END && CHECK_12 -> too_late = (revoked_at != 0 && now > revoked_at + STALE) };
  atomic {
    if :: CHECK_13 -> accept() :: else -> too_late = false fi;
    goto again
  }
}
