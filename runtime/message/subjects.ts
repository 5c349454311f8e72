// The only place where NATS subjects and stream names are built. Namespace `shop` owns the subjects `shop.>` and the
// streams `SHOP_*`; every token is a checked name, a number or an encoded key. What belongs to one layout of an app, which
// is another one when its number of partitions was changed (R16), says so in its last token; layout 0 says nothing.
import { checkName, encodeKey } from "./key.ts"

export interface Subjects {
  readonly streams: Readonly<Record<"input" | "replies" | "journal" | "events", string>>
  readonly bindings: Readonly<Record<"input" | "replies" | "journal" | "events" | "unplacedEvents", string>>
  /** The external lane of one partition. */
  input(app: string, partition: number): string
  /** Where other apps' replies and undos come in: nothing else can fill it (R1). */
  replies(app: string, partition: number): string
  journal(app: string, partition: number): string
  /** All journals of an app, those of other layouts and its manifest included. */
  journals(app: string): string
  /** The layout and the partition of a journal's subject; undefined for anything else. */
  parseJournal(subject: string): { readonly layout: number; readonly partition: number } | undefined
  manifest(app: string): string
  /** The manifests of all apps. */
  readonly manifests: string
  /** Where the owner of one partition hears from the other partitions of its app: core NATS, stored nowhere (R2). */
  lane(app: string, partition: number): string
  /** Where every process of the app hears that a partition has an owner. */
  laneReady(app: string): string
  /** Where clients hear how far the owners have come with what they sent: core NATS, stored nowhere. */
  progress(app: string): string
  /** Bucket of the app's members. */
  members(app: string): string
  /** The stream, and its subject, in which the calls of a service with a rate are counted; the same in every layout. */
  permits(app: string, service: string): { readonly stream: string; readonly subject: string }
  /** Where an app keeps attachments, in pieces; the same in every layout. */
  attachments(app: string): AttachmentPlace
  /** One fact; `*` in place of type and key reads a whole event partition. */
  event(partition: number, name: string, key: string): string
  eventPartition(partition: number): string
  /** The same fact from a publisher that does not know the partition: the server finds it. */
  unplacedEvent(name: string, key: string): string
  /** Where the server stores what `bindings.unplacedEvents` takes, by the hash of the key's token (R16). */
  placedEvents(partitions: number): string
  /** Bucket of the apps that read the events, and of how far they have come. */
  readonly eventReaders: string
  /** Every fact of one type. */
  eventsNamed(name: string): string
  /** The same for another layout: its journals, lanes and members are others; what comes from outside is the same. */
  at(layout: number): Subjects
}

export interface AttachmentPlace {
  readonly stream: string
  readonly all: string
  pieces(name: string): string
  piece(name: string, index: number): string
}

/** The subjects of layout 0. Throws InvalidInput unless the namespace is a name. */
export function subjectsOf(namespace: string): Subjects {
  return subjectsAt(namespace, 0)
}

function subjectsAt(namespace: string, layout: number): Subjects {
  checkName("namespace", namespace)
  const upper = namespace.toUpperCase()
  const app = (name: string) => {
    checkName("app", name)
    return name
  }
  const placed = (token: number | "ready") => (layout === 0 ? String(token) : `${layout}-${token}`)
  return {
    streams: { input: `${upper}_IN`, replies: `${upper}_REPLIES`, journal: `${upper}_JOURNAL`, events: `${upper}_EVENTS` },
    bindings: {
      input: `${namespace}.in.*.*`,
      replies: `${namespace}.rep.*.*`,
      journal: `${namespace}.jrn.*.*`,
      events: `${namespace}.evt.*.*.*`,
      unplacedEvents: `${namespace}.evt-in.*.*`,
    },
    input: (name, partition) => `${namespace}.in.${app(name)}.${partition}`,
    replies: (name, partition) => `${namespace}.rep.${app(name)}.${partition}`,
    journal: (name, partition) => `${namespace}.jrn.${app(name)}.${placed(partition)}`,
    journals: (name) => `${namespace}.jrn.${app(name)}.*`,
    parseJournal: parsePlaced,
    manifest: (name) => `${namespace}.jrn.${app(name)}.manifest`,
    manifests: `${namespace}.jrn.*.manifest`,
    lane: (name, partition) => `${namespace}.lane.${app(name)}.${placed(partition)}`,
    laneReady: (name) => `${namespace}.lane.${app(name)}.${placed("ready")}`,
    progress: (name) => `${namespace}.progress.${app(name)}`,
    // A name starts with a letter, so no app has the bucket of another one's layout.
    members: (name) => `${upper}_MEMBERS_${layout === 0 ? "" : `${layout}_`}${app(name)}`,
    // A name holds no "=", so no two pairs of app and service have one stream.
    permits: (name, service) => ({
      stream: `${upper}_RATE_${app(name)}=${service}`,
      subject: `${namespace}.rate.${app(name)}.${service}`,
    }),
    attachments: (name) => ({
      stream: `${upper}_ATTACHMENTS_${app(name)}`,
      all: `${namespace}.att.${app(name)}.*.*`,
      pieces: (attachment) => `${namespace}.att.${app(name)}.${encodeKey(attachment)}.*`,
      piece: (attachment, index) => `${namespace}.att.${app(name)}.${encodeKey(attachment)}.${index}`,
    }),
    event: (partition, name, key) => `${namespace}.evt.${partition}.${name}.${encodeKey(key)}`,
    unplacedEvent: (name, key) => `${namespace}.evt-in.${name}.${encodeKey(key)}`,
    placedEvents: (partitions) => `${namespace}.evt.{{partition(${partitions},2)}}.{{wildcard(1)}}.{{wildcard(2)}}`,
    eventReaders: `${upper}_EVENT_READERS`,
    eventPartition: (partition) => `${namespace}.evt.${partition}.*.*`,
    eventsNamed: (name) => `${namespace}.evt.*.${name}.*`,
    at: (other) => subjectsAt(namespace, other),
  }
}

function parsePlaced(subject: string): { readonly layout: number; readonly partition: number } | undefined {
  const [, layout = "0", partition] = /\.(?:(\d+)-)?(\d+)$/.exec(subject) ?? []
  return partition === undefined ? undefined : { layout: Number(layout), partition: Number(partition) }
}
