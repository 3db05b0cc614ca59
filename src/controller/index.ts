/** The door of the room. */
export { createController } from './controller.ts'
export type { ControllerParts } from './build-core.ts'
export type { FleetFigures } from './fleet/fleet-side.ts'
export type { ControllerHealth, RunningController } from './controller.ts'
export { defaultCapacity } from './config.ts'
export type { ArtifactDriverConfig, CapacityConfig, ControllerConfig, PluginConfig } from './config.ts'
export type { WorkflowFigures } from './figures.ts'
export { ApiError } from './port.ts'
export type {
  ApiErrorCode,
  ArtifactHandle,
  Controller,
  CreateOptions,
  FeedEvent,
  ListQuery,
  LogQuery,
  ObjectKind,
  StoredObject,
  SubmitOptions,
  SyncLimit,
  WatchEvent,
  WorkflowPage,
} from './port.ts'
export { noEndpoint } from './api/unplaceable.ts'
export type { ControllerSnapshot, EndpointFigures } from './snapshot.ts'
export type { InProcessPlugin, PluginCall } from './plugins/in-process.ts'
export type { PluginAnswer, PluginQuestion } from './tasks/plugin.ts'
export { silentLog, silentTelemetry } from './telemetry.ts'
export type { Log, LogFields, QueueName, Telemetry } from './telemetry.ts'
