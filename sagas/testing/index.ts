// What users test their sagas with, and the services that they command: given / when / then, without a broker.
import { type AfterGiven, given as givenService, type GivenService, type ServiceOptions } from "../../runtime/testing/index.ts"
import { givenSaga, type SagaCase, type SagaGiven, type TestedSaga } from "./given-saga.ts"

export { after } from "../../runtime/testing/index.ts"
export { type Action, cancel, complete, crash, type Happening, signal, start } from "./actions.ts"
export { type Coverage, coverage } from "./coverage.ts"
export type { ExpectedOfSaga, SagaCase, SagaGiven, SagaWhen, TestedSaga } from "./given-saga.ts"
export {
  type Asked,
  type Behaviour,
  crashThen,
  fail,
  failTimes,
  hang,
  inTurn,
  late,
  type Participants,
  refuse,
  type Script,
  slow,
  succeed,
  twice,
} from "./participants.ts"

/** A saga with its key and its input, whose participants are scripted: the test goes on with `.participants({ ... })`. */
export function given<Input>(saga: TestedSaga<Input>, of: SagaCase<Input>): SagaGiven
/** One actor of a service, with its state, as in `troupe/testing`. */
export function given<State>(service: GivenService<State>, options?: ServiceOptions<State>): AfterGiven<State>
export function given(
  target: TestedSaga<unknown> | GivenService<unknown>,
  options: SagaCase<unknown> | ServiceOptions<unknown> = {},
): SagaGiven | AfterGiven<unknown> {
  // cast: the two forms above say what goes with what
  return "machine" in target ? givenSaga(target, options as SagaCase<unknown>) : givenService(target, options)
}
