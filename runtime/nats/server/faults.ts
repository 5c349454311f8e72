// What can go wrong between an app and its NATS server before the first record: every way ends in one of these, and
// every message says which server or store, and what to do.
import { Fault } from "../../kernel/fault.ts"

/** No nats-server on this machine, and none could be had. The message lists every try with its reason. */
export class NoNatsServer extends Fault {
  readonly _tag = "NoNatsServer"
  readonly code = "NO_NATS_SERVER"
  readonly retry = "never"
}

/** Another process owns the store directory: two servers on one store would both accept the same fenced append. */
export class StoreInUse extends Fault {
  readonly _tag = "StoreInUse"
  readonly code = "STORE_IN_USE"
  readonly retry = "later"
}

/** The embedded server ended, or did not become ready, while it was being started. */
export class ServerStartFailed extends Fault {
  readonly _tag = "ServerStartFailed"
  readonly code = "SERVER_START_FAILED"
  readonly retry = "later"
}

/** Nothing that speaks NATS answered in time at the URL. */
export class ServerUnreachable extends Fault {
  readonly _tag = "ServerUnreachable"
  readonly code = "SERVER_UNREACHABLE"
  readonly retry = "later"
}

/** The server answered and refused the credentials. */
export class LoginRefused extends Fault {
  readonly _tag = "LoginRefused"
  readonly code = "LOGIN_REFUSED"
  readonly retry = "never"
}

export class ServerTooOld extends Fault {
  readonly _tag = "ServerTooOld"
  readonly code = "SERVER_TOO_OLD"
  readonly retry = "never"
}

/** The server, or the account that was logged in to, has no JetStream. */
export class NoJetStream extends Fault {
  readonly _tag = "NoJetStream"
  readonly code = "NO_JETSTREAM"
  readonly retry = "never"
}

/** JetStream is there and does not answer: it is starting, or its cluster has no leader. */
export class JetStreamNotReady extends Fault {
  readonly _tag = "JetStreamNotReady"
  readonly code = "JETSTREAM_NOT_READY"
  readonly retry = "later"
}

/** The server's `max_payload` is below the size of a journal block. */
export class PayloadLimitTooLow extends Fault {
  readonly _tag = "PayloadLimitTooLow"
  readonly code = "PAYLOAD_LIMIT_TOO_LOW"
  readonly retry = "never"
}

/** The server has refused the login of a connection that was open, twice: it is over, and only a new one may be let in. */
export class LinkLost extends Fault {
  readonly _tag = "LinkLost"
  readonly code = "LINK_LOST"
  readonly retry = "never"
}
