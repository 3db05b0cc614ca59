/** The door of the room: the port. The adapters have doors of their own (docker/, simulated/), for main.ts and cli/ alone. */
export type { EndpointState, Endpoints, LogLine, LogOptions, Runtime, RuntimeInfo } from './port.ts'
export { ownerLabel } from './volume-owner.ts'
