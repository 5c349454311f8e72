// A statechart as plain data, in XState's words, for a monitor: states, events, deadlines. There is no word in it for an
// action, because a monitor does nothing.
export interface MonitorChart extends ChartNode {
  readonly initial?: string
  readonly states: Readonly<Record<string, ChartNode>>
}

export interface ChartNode {
  readonly type?: "final" | "parallel"
  readonly initial?: string
  readonly states?: Readonly<Record<string, ChartNode>>
  /** Event name -> where to. `{}` accepts the event and stays; an event that is not named is out of contract. */
  readonly on?: Readonly<Record<string, ChartTransition>>
  /**
   * How long it may take (`"2 minutes"`, or milliseconds) -> where to when it took longer. `{}` stays: it is late, and may
   * still go on.
   */
  readonly after?: Readonly<Record<string, ChartTransition>>
  readonly entry?: never
  readonly exit?: never
  readonly invoke?: never
}

export type ChartTransition = string | ChartTarget

export interface ChartTarget {
  readonly target?: string
  /** Enters the state anew, so that its time begins again. */
  readonly reenter?: boolean
  readonly actions?: never
}
