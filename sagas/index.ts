// The saga layer's public surface: what a team that writes, starts, draws or tests sagas may import.
export { type Saga, type SagaBuilder, type SagaResult, saga } from "./orchestrator/saga.ts"
export type { SagaDefinition, SagaNode, StepNode, WaitNode } from "./definition/definition.ts"
export type { EachStep, EndEvents, SingleStep, StepContext } from "./definition/options.ts"
export type { PolicyOptions, RetryOptions, RetryPolicy } from "../runtime/actor/policy.ts"
export type { SagaMachine } from "./machine/compile.ts"
export type { Ended, EndedRow, OpenCommand, Parked, SagaRow } from "./machine/row.ts"
export { mermaid } from "./draw/mermaid.ts"
export { svg } from "./draw/svg.ts"
export { sagaPictures } from "./draw/pictures.ts"
export type { Picture as SagaPicture } from "./draw/picture.ts"
export { terminal, type TerminalOptions, terminalPicture } from "./draw/terminal.ts"
export type { Instance as SagaInstance } from "./draw/marks.ts"
export { completeToken } from "./orchestrator/complete-token.ts"
export type { OrderedBy } from "./orchestrator/order-commands.ts"
export { type Monitor, monitor, type MonitorOptions } from "./orchestrator/monitor.ts"
export { MonitorAlarm } from "./orchestrator/monitor-alarm.ts"
export type { MonitorChart } from "./definition/chart.ts"
export type { MonitorMachine } from "./machine/monitor-machine.ts"
export type { AlarmNote, MonitorRow } from "./machine/monitor-row.ts"
export { type CommandOf, type MachineSaga, type MachineSagaOptions, machineSaga } from "./orchestrator/machine-saga.ts"
export { activity, type CommandFailure, commandFailure, isOutcomeUnknown, type SagaInput } from "./machine/raw-activity.ts"
export type { Breach } from "./machine/raw-breach.ts"
export { lintMachine } from "./machine/raw-lint.ts"
export {
  type MachineService, type MachineServiceOptions, machineService, type MachineServiceState,
} from "./orchestrator/machine-service.ts"
export { SagaVersions, versions } from "./versions/versions.ts"
export { type Migration, type MigrationMap, migrationOf, type MigrationVerdict } from "./versions/migration.ts"
export type { AnyVersion, SagaVersion } from "./versions/version.ts"
export type { MisfitCode } from "./versions/misfit.ts"
export {
  applyMigration, type ApplyOptions, type LiveGroup, type LiveVerdict, liveVerdicts, type MigrationPlan, type MigrationReport,
  planMigration,
} from "./versions/live.ts"
export { BadRecording, type RecordedDecision, type Recorder, recorder, type Recording } from "./versions/recording.ts"
export { type Replayed, replay } from "./versions/replay.ts"
export {
  type Checked, checkSaga, type CheckSagaOptions, replaySaga, type SagaCheck, type SagaReport, type Violation,
} from "./check/check-saga.ts"
export type { CommandMeaning } from "./check/subject.ts"
export { type Bounds as CheckBounds, type Samples, UnusableSample } from "./check/samples.ts"
export type { Property as SagaProperty } from "./check/properties.ts"
