/** `drydock up [FOLDER]`: the daemon, until it is told to end. */
import type { Command } from 'commander'
import type { ConfigSources, Settings } from '../../config/index.ts'
import { UserError, WorldError } from '../../resources/index.ts'
import { spareMemoryLater } from '../spare-memory.ts'

export type UpFlags = {
  readonly data?: string
  readonly host?: string
  readonly port?: string
  readonly metricsPort?: string
  readonly config?: string
  readonly tokenFile?: string
  readonly namespace?: string
  readonly logLevel?: string
  readonly logFormat?: string
}

export const addDaemonFlags = (command: Command): Command =>
  command
    .option('--data <dir>', 'folder of the database, logs and artifacts (default: .drydock)')
    .option('--config <file>', 'settings, or Argo’s workflow-controller-configmap')
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .option('--log-format <format>', 'auto, json or pretty')

export function registerUp(program: Command): void {
  addDaemonFlags(program.command('up').description('run the daemon; it watches FOLDER for manifests'))
    .argument('[folder]', 'folder to watch')
    .option('--host <address>', 'address of the API (default: 127.0.0.1)')
    .option('--port <port>', 'port of the API (default: 2746)')
    .option('--metrics-port <port>', 'port of the metrics (default: 9090)')
    .action(async (folder: string | undefined, _flags: object, command: Command) => {
      await up(folder, command.optsWithGlobals<UpFlags>())
    })
}

/** What the flags say as settings; environment and file stand below them. */
export function settingsOfFlags(flags: UpFlags, folder?: string): Settings {
  const settings = {
    data: flags.data,
    folders: folder === undefined ? undefined : [folder],
    namespace: flags.namespace,
    server: { host: flags.host, port: numberOf('--port', flags.port), tokenFile: flags.tokenFile },
    metrics: { port: numberOf('--metrics-port', flags.metricsPort) },
    log: { level: flags.logLevel, format: flags.logFormat },
  }
  return JSON.parse(JSON.stringify(settings)) as Settings
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text)) throw new UserError('BAD_FLAG', `${flag} must be a number, got ${text}`)
  return Number(text)
}

async function up(folder: string | undefined, flags: UpFlags): Promise<void> {
  const stopping = new AbortController()
  let stop: (signal: string) => void = () => {}
  const stopped = new Promise<string>((resolve) => (stop = resolve))
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      // A second one means: now.
      if (stopping.signal.aborted) process.exit(1)
      stopping.abort()
      stop(signal)
    })
  const sources = {
    environment: process.env,
    flags: settingsOfFlags(flags, folder),
    base: process.cwd(),
    ...(flags.config === undefined ? {} : { file: flags.config }),
  }
  // Who is no longer in charge of the store begins anew, as one that waits for its turn.
  while ((await oneReign(sources, { stopping: stopping.signal, stopped })) === 'lost');
  process.exit(0)
}

type Ending = { readonly stopping: AbortSignal; readonly stopped: Promise<string> }

async function oneReign(sources: ConfigSources, { stopping, stopped }: Ending): Promise<'ended' | 'lost'> {
  const { startDaemon } = await import('../../main.ts')
  const daemon = await startDaemon({ sources, waitForEngine: true, signal: stopping }).catch((error: unknown) => {
    if (stopping.aborted) return null
    throw refusalOf(error)
  })
  if (daemon === null) return 'ended'
  const log = daemon.logs.component('daemon')
  const { config, apiUrl, metricsUrl } = daemon
  log.info({ api: apiUrl, metrics: metricsUrl, folders: config.folders, data: config.dataDir }, 'drydock is up')
  spareMemoryLater()
  // A terminal that closes ends what was started in it; a daemon without one reads its settings anew.
  const onHangUp = () => {
    if (process.stdin.isTTY) process.kill(process.pid, 'SIGTERM')
    else void daemon.reload('SIGHUP')
  }
  const onDebug = () => daemon.toggleDebug()
  process.on('SIGHUP', onHangUp).on('SIGUSR2', onDebug)
  const told = await Promise.race([stopped, daemon.lost.then(() => null)])
  process.off('SIGHUP', onHangUp).off('SIGUSR2', onDebug)
  if (told === null) log.warn({}, 'another daemon is in charge: ending the work here, then standing by')
  else log.info({ signal: told }, 'ending; containers go on and are taken up by the next start')
  await daemon.drain()
  return told === null ? 'lost' : 'ended'
}

/** What only a person can mend is said plainly. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof WorldError)) return error
  if (error.code === 'STORE_LOCKED')
    return new UserError('DATA_IN_USE', error.message, { hint: 'stop the other daemon, or choose another --data' })
  const isStores = error.code.startsWith('STORE_') && !error.retryable
  return isStores ? new UserError(error.code, error.message, { cause: error }) : error
}
