/* One presentation at a service that remembers authenticators in memory (specs/protocol.md 5):
   however the network repeats it, however the service's clock is set and whenever the service is
   restarted, it is accepted once. README.md says how to read this.

   The authenticator names a time, a nonce and an instance. Time is in skews, so one window is two. */

/*? once safe. No authenticator is accepted twice.
    without: instance cache window floor */
/*? honest reached. It can be accepted. */
/*? after_restart reached. After a restart, one that names the new instance can be accepted. */

#define END 8
#define SKEW 1
#ifndef WITHOUT_window /* [5] */
#define WINDOW 2 /* early by one skew to late by one */
#else
#define WINDOW 1
#endif

byte now, stamp; /* the service's clock; the time in the authenticator */
byte instance, named; /* the service's; the one in the authenticator */
bool young, old; /* is it in the two generations of the memory? */
byte start; /* of the young one */
byte no_earlier; /* what was forgotten could pass before this */
byte accepted;

/* Any call makes the service forget what is old. Of others' authenticators nothing is said here:
   that some of them were forgotten only makes it refuse more. */
inline turn() {
  if
  :: now >= start + 2 * WINDOW ->
    if :: young || old -> no_earlier = start + 2 * WINDOW :: else fi;
    old = false; young = false; start = now
  :: now >= start + WINDOW && now < start + 2 * WINDOW ->
    if :: old -> no_earlier = start + WINDOW :: else fi;
    old = young; young = false; start = now
  :: else -> skip
  fi
}

#define IN_TIME (now + SKEW >= stamp && now <= stamp + SKEW)
#ifndef WITHOUT_instance /* [5] */
#define NAMES_ME (named == instance)
#else
#define NAMES_ME true
#endif
#ifndef WITHOUT_floor /* [5] */
#define NO_DOUBT (now >= no_earlier)
#else
#define NO_DOUBT true
#endif

inline present() {
  if
  :: (IN_TIME && NAMES_ME && NO_DOUBT) ->
    turn();
    if
#ifndef WITHOUT_cache /* [5] */
    :: young || old -> skip /* refused */
#endif
    :: else ->
      young = true;
      accepted++;
      assert(accepted <= 1);
#ifdef QUERY_honest
      assert(false);
#endif
#ifdef QUERY_after_restart
      assert(instance == 0);
#endif
    fi
  :: else -> skip /* refused */
  fi
}

active proctype world() {
  select(stamp : 2 .. 5);
  if :: named = 0 :: named = 1 fi;
  do
  :: atomic { now < END -> now++ }
  :: atomic { now > 0 -> now-- } /* somebody sets the clock back */
  :: atomic { instance == 0 -> /* a crash, or a restart */
       instance = 1; young = false; old = false; start = 0; no_earlier = 0 }
  :: d_step { NO_DOUBT -> turn() } /* a call of somebody else's */
  :: atomic { present() }
  od
}
