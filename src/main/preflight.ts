/** What settings that are right in themselves would still run into when a daemon starts with them on this machine. */
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { Config, SettingsProblem } from '../config/index.ts'
import { UserError } from '../resources/index.ts'
import { loadToken } from '../server/index.ts'

/** `path`: the setting. Nothing is made or changed. */
export function preflightProblems(config: Config): readonly SettingsProblem[] {
  return [
    ...tokenProblems(config),
    ...portProblems(config),
    ...config.folders.flatMap((folder) => notAFolder('folders', folder)),
    ...notAFolder('data', config.dataDir),
    ...config.plugins.flatMap(({ name, tokenFile }) =>
      tokenFile === undefined ? [] : unreadable('plugins', tokenFile, `token of plugin ${name}`),
    ),
    ...config.policy.hostPaths
      .filter((path) => !isAbsolute(path))
      .map((path) => ({ path: 'policy.hostPaths', message: `${path} must be an absolute path` })),
  ]
}

function tokenProblems({ server }: Config): readonly SettingsProblem[] {
  try {
    loadToken(server.host, server.tokenFile)
    return []
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const path = server.tokenFile === null ? 'server.host' : 'server.tokenFile'
    return [{ path, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }]
  }
}

function portProblems({ server, metrics }: Config): readonly SettingsProblem[] {
  const isShared = metrics.enabled && server.port !== 0 && server.port === metrics.port
  if (!isShared) return []
  return [{ path: 'metrics.port', message: `port ${server.port} is the API’s (server.port)`, hint: 'give them two' }]
}

/** What is not there yet is made at the start. */
function notAFolder(path: string, folder: string): readonly SettingsProblem[] {
  try {
    return statSync(folder).isDirectory() ? [] : [{ path, message: `${folder} is no folder` }]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [{ path, message: `${folder}: ${message}` }]
  }
}

function unreadable(path: string, file: string, what: string): readonly SettingsProblem[] {
  try {
    accessSync(file, constants.R_OK)
    return []
  } catch {
    return [{ path, message: `cannot read ${file} (${what})` }]
  }
}
