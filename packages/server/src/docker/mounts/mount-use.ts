/** What happens to a mount on behalf of dockerd. A `get` and a `put` are open until one of the two that may end them. */
export type MountEvent = 'get' | 'got' | 'not-got' | 'put' | 'away' | 'kept';

/** Who uses a layer's mount, as far as dockerd has been told. */
export interface MountUse {
  /** Answered gets, less answered puts. */
  readonly users: number;
  /** Gets that are not answered. */
  readonly getting: number;
  readonly putting: number;
}

const NONE: MountUse = { users: 0, getting: 0, putting: 0 };

/** By how much each event changes the three. */
const EFFECTS: Readonly<Record<MountEvent, Partial<MountUse>>> = {
  get: { getting: 1 },
  got: { getting: -1, users: 1 },
  'not-got': { getting: -1 },
  put: { putting: 1 },
  away: { putting: -1, users: -1 },
  kept: { putting: -1 },
};

export function afterEvent(use: MountUse = NONE, event: MountEvent): MountUse {
  const { users = 0, getting = 0, putting = 0 } = EFFECTS[event];
  return {
    users: Math.max(0, use.users + users),
    getting: Math.max(0, use.getting + getting),
    putting: Math.max(0, use.putting + putting),
  };
}

/** What a server that takes over makes of a mount's use. */
export interface Takeover {
  /** How many users the mount has. 0: there is none to count. */
  readonly users: number;
  /** Gets that are counted and were not answered: dockerd asks again, and is the user that is counted already. */
  readonly unansweredGets: number;
  /** Puts that were done and not answered: dockerd asks again, and there is nothing left to do. */
  readonly unansweredPuts: number;
}

/**
 * dockerd takes a call that was cut off for one to make again. Where the mount is there, an open put has not come to the
 * last user's turn, and is done when it is asked for again; where it is not, it was done.
 */
export function takenOver({ users, getting, putting }: MountUse, isMounted: boolean): Takeover {
  if (!isMounted) return { users: 0, unansweredGets: 0, unansweredPuts: putting };
  return { users: users + getting, unansweredGets: getting, unansweredPuts: 0 };
}
