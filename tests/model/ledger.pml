/* The protocol between two members of a group, Rokt and the group's coordinator, for one partition:
 * what the ledger (include/kafka/ledger.h), the pipeline's commits and its rebalances rely on.
 *
 * A member takes messages in, each into the next place of its ledger, asks Rokt to take them, and
 * counts answers, which come in any order, also long after the partition has gone. It commits the
 * offset that nothing below is open of, with what has ended above it; one commit is in flight at most.
 * The coordinator hands the partition out, asks for it back, or takes it away without asking; a member
 * may die at any time. Disturbances are bounded, everything else happens in any order.
 *
 * Asserted, and so true of every state that can be reached:
 *   - no offset is committed beyond a message that Rokt has not taken, nor is such a one told as ended;
 *   - no answer is counted for another assignment, or another message, than it is the answer to;
 *   - no commit takes back an earlier one.
 * Claimed of every fair run:
 *   - every message ends, and is committed: `all_end`.
 *
 * What the rules are good for is seen by leaving one out: the test defines WRONG_… and expects
 * spin to find the way it goes wrong. */

#ifndef MESSAGES
#define MESSAGES 3 /* and no more: see FORGET */
#endif
#ifndef DISTURBANCES
#define DISTURBANCES 1
#endif
#ifdef WRONG_COMMITS
#define IN_FLIGHT 2 /* librdkafka sends them again in any order */
#else
#define IN_FLIGHT 1
#endif

#define NOBODY 2
#define BIT(n) (1 << (n))

mtype = { assigned, revoked, lost };

byte committed; /* what the coordinator keeps of the partition: an offset, */
byte told;      /* … and a set of offsets */
byte taken;     /* by Rokt: a set of offsets */
byte left = DISTURBANCES;

byte owner = NOBODY;
byte generation; /* of the partition's owner: a commit of an older one is refused */
bool asked;      /* the owner was asked to give it back */

chan event[2] = [4] of { mtype, byte, byte, byte };           /* generation, committed, told */
chan request = [4] of { byte, byte, byte, byte };             /* member, epoch, place, offset */
chan answer[2] = [4] of { byte, byte, byte };                 /* epoch, place, offset */
chan commit = [4] of { byte, byte, byte, byte };              /* member, generation, offset, told */
chan result[2] = [4] of { bool };                             /* of a commit: whether it failed */
chan released = [4] of { byte, byte };                        /* member, generation */

/* Once all is committed nothing new can happen. */
#define DISTURB (left > 0 && committed < MESSAGES)

#define BELOW(offset) (BIT(offset) - 1)

/* Used within a step only, and so no part of the state. */
hidden byte who, era, place, offset, set;
hidden byte failed;

/* Rokt, at the end of a connection. Some time passes between its taking a message and the answer; a
 * request that is sent again, because its answer was lost, is no other than one that takes longer. */
proctype connection()
{
    byte to, epoch, at, of_offset;
end:
    do
    :: request ? to, epoch, at, of_offset ->
        taken = taken | BIT(of_offset);
        atomic {
            answer[to] ! epoch, at, of_offset;
            to = 0;
            epoch = 0;
            at = 0;
            of_offset = 0 }
    od
}

proctype coordinator()
{
end:
    do
    :: atomic { owner == NOBODY && nfull(event[0]) && nfull(event[1]) ->
        if
        :: owner = 0
        :: generation > 0 -> owner = 1 /* the first is any of them */
        fi;
        generation++;
        asked = false;
        event[owner] ! assigned, generation, committed, told }
    :: atomic { owner != NOBODY && !asked && DISTURB && nfull(event[owner]) ->
        left--;
        asked = true;
        event[owner] ! revoked, 0, 0, 0 }
    :: atomic { owner != NOBODY && DISTURB && nfull(event[owner]) -> /* it was not heard of for long */
        left--;
        event[owner] ! lost, 0, 0, 0;
        owner = NOBODY;
        generation++ }
    :: atomic { released ? who, era ->
        if
        :: owner == who && generation == era -> owner = NOBODY
        :: else
        fi }
#ifdef WRONG_COMMITS
    :: atomic { len(commit) > 1 -> commit ? who, era, offset, set; commit ! who, era, offset, set }
#endif
    :: atomic { commit ? who, era, offset, set ->
        if
        :: owner == who && generation == era ->
            assert((taken & BELOW(offset)) == BELOW(offset));
            assert((taken & set) == set);
            assert(offset >= committed);
            committed = offset;
            told = set;
            result[who] ! false
        :: else -> result[who] ! true
        fi }
    od
}

/* All of an assignment but its epoch; so that states differ in nothing that does not matter. */
#define FORGET \
    state = 0; my_generation = 0; next = 0; known = 0; places = 0; ended = 0; watermark = 0; due = false; \
    offsets[0] = 0; offsets[1] = 0; offsets[2] = 0

#define HELD (state != 0)
#define LEAVING (state == 2)

proctype member(byte me)
{
    byte state;          /* 0: gone, 1: held, 2: leaving */
    byte epoch;          /* of the assignment */
    byte my_generation;
    byte next;           /* offset to take in */
    byte known;          /* from the metadata: a set of offsets */
    byte places;         /* of the ledger that are in use: [0, places) */
    byte offsets[3];
    byte ended;          /* a set of places */
    byte watermark;
    byte in_flight;      /* commits */
    bool due;

end:
    do
    /* Events come first, as in each of the pipeline's turns. */
    :: atomic { event[me] ? assigned, era, offset, set ->
        assert(!HELD);
        state = 1;
        epoch++;
        my_generation = era;
        next = offset;
        watermark = offset;
        known = set;
        places = 0;
        ended = 0;
        due = false }
    :: atomic { event[me] ? revoked, _, _, _ ->
        if
        :: state == 1 -> state = 2
        :: else
        fi }
    :: atomic { event[me] ? lost, _, _, _ ->
        FORGET }

    /* Intake: what has ended before an earlier assignment's end is not sent again. */
    :: atomic { state == 1 && next < MESSAGES && empty(event[me]) && nfull(request) ->
        offsets[places] = next;
        if
        :: known & BIT(next) -> ended = ended | BIT(places); due = true
        :: else -> request ! me, epoch, places, next
        fi;
        places++;
        next++ }

    /* Answers: of an older epoch they change nothing. */
    :: atomic { answer[me] ? era, place, offset ->
        if
#ifdef WRONG_EPOCH
        :: HELD && place < places ->
#else
        :: HELD && era == epoch ->
            assert(place < places && offsets[place] == offset);
#endif
            ended = ended | BIT(place);
            due = true
        :: else
        fi }

    /* Commits: the watermark, and what has ended above it. */
    :: atomic { HELD && due && in_flight < IN_FLIGHT && empty(event[me]) ->
        place = 0;
        set = 0;
#ifdef WRONG_WATERMARK
        do
        :: place < places ->
            if
            :: ended & BIT(place) -> watermark = offsets[place] + 1
            :: else
            fi;
            place++
        :: else -> break
        od;
#else
        do
        :: place < places && (ended & BIT(place)) ->
            watermark = offsets[place] + 1;
            place++
        :: else -> break
        od;
#endif
        do
        :: place < places ->
            if
#ifdef WRONG_METADATA
            :: true -> set = set | BIT(offsets[place])
#else
            :: ended & BIT(place) -> set = set | BIT(offsets[place])
            :: else
#endif
            fi;
            place++
        :: else -> break
        od;
        set = set | (known & ~BELOW(next));
        commit ! me, my_generation, watermark, set;
        in_flight++;
#ifndef WRONG_DUE
        due = false
#endif
        }
    :: atomic { result[me] ? failed ->
        in_flight--;
#ifdef WRONG_DUE
        due = false; /* what has ended since the commit was sent is forgotten */
#endif
        if
        :: failed && HELD -> due = true
        :: else
        fi }

    /* The drain: until nothing is open, or its time is over, which it may be at once. What has ended
     * is committed before. */
    :: atomic { LEAVING && in_flight == 0 && !due && empty(event[me]) && nfull(released) ->
        released ! me, my_generation;
        FORGET }

    /* SIGKILL, and another process in its place: answers to the old one find nobody. */
    :: atomic { DISTURB && (HELD || in_flight > 0) ->
        left--;
        epoch++;
        FORGET;
        do
        :: event[me] ? _, _, _, _
        :: empty(event[me]) -> break
        od;
        if
        :: owner == me -> owner = NOBODY; generation++
        :: else
        fi }
    od
}

init
{
    atomic {
        run connection();
        run connection();
        run coordinator();
        run member(0);
        run member(1)
    }
}

ltl all_end { <> (committed == MESSAGES) }
