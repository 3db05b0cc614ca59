/** What every family of routes is built from. */
import type { Config } from '../../config/index.ts'
import type { Controller } from '../../controller/port.ts'
import type { TokenCheck } from '../access/token.ts'
import type { Routes } from '../http/routes.ts'
import type { LogLevelControl } from './log-level.ts'
import type { OpenStreams } from '../streams/event-stream.ts'
import type { SourceFile } from './source-files.ts'

export type ServerLog = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type ServerConfig = Pick<Config, 'server' | 'namespace' | 'argo'>

export type Parts = {
  readonly routes: Routes
  readonly controller: Controller
  readonly streams: OpenStreams
  readonly config: ServerConfig
  readonly tokens: TokenCheck
  readonly log: ServerLog
  readonly logLevels?: LogLevelControl | undefined
  /** Of Drydock, without a `v`. */
  readonly version: string
  /** Files of the folders that are refused or wait. */
  readonly sourceFiles?: (() => readonly SourceFile[]) | undefined
}
