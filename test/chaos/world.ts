/** All that a run needs of its own: a Docker Engine, a Postgres, a small disk, folders, daemons. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../scripts/free-port.ts'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { ownEngine } from '../engines.ts'
import type { OwnEngine } from '../engines.ts'
import { Api } from './api.ts'
import { ChaosDaemon } from './daemon.ts'

const run = promisify(execFile)

export type StoreKind = 'sqlite' | 'postgres'

export type WorldOptions = {
  /** Names the engine: two runs at once need two names. */
  readonly name: string
  readonly store: StoreKind
  /** Containers survive a stop of the engine. */
  readonly liveRestore: boolean
  /** So many daemons with names of their own share the work on one Postgres; 0: one works, another stands by. */
  readonly controllers: number
}

const diskMegabytes = 96

export type World = {
  readonly root: string
  readonly engine: OwnEngine
  readonly postgres: PostgresServer | null
  /** One with SQLite; with Postgres another stands by, or all of them work. */
  readonly daemons: readonly ChaosDaemon[]
  readonly isShared: boolean
  readonly api: Api
  readonly folders: {
    readonly manifests: string
    readonly lines: string
    /** On a disk of its own, which may be full. */
    readonly data: string
    /** Below it, of each daemon. */
    readonly ofDaemons: readonly string[]
  }
  readonly isLiveRestored: boolean
  /** A command of the engine's own client: its output, by lines. */
  docker(...words: string[]): Promise<readonly string[]>
  remove(): Promise<void>
}

const ofDatabase = (url: string) => ({
  store: { url, sslMode: 'disable' },
  table: { url, sslMode: 'disable' },
})

export async function makeWorld(options: WorldOptions): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), `drydock-${options.name}-`))
  const folders = { manifests: join(root, 'manifests'), lines: join(root, 'lines'), data: join(root, 'data') }
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'drydock-chaos', folders.data])
  const liveRestore = options.liveRestore ? ['--live-restore'] : []
  const engine = await ownEngine({ name: options.name, options: [...liveRestore, '--shutdown-timeout=3'] })
  const postgres = options.store === 'postgres' ? await startPostgres() : null
  const config = join(root, 'drydock.yaml')
  const settings = {
    docker: { host: engine.host, pullPolicy: 'IfNotPresent' },
    policy: { hostPaths: [folders.lines] },
    artifacts: { dir: join(folders.data, 'artifacts') },
    log: { format: 'json', level: 'debug' },
    ...(postgres === null ? {} : ofDatabase(postgres.url)),
  }
  await writeFile(config, JSON.stringify(settings))
  const isShared = options.controllers > 0
  const letters = isShared ? [...'abcdefgh'].slice(0, options.controllers) : postgres === null ? ['a'] : ['a', 'b']
  const daemons = await Promise.all(
    letters.map(async (letter, index) => {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      const place = { name: letter, port, config, log: join(root, `${letter}.log`) }
      if (!isShared)
        return new ChaosDaemon({ ...place, folder: folders.manifests, dataDir: folders.data, environment: {} })
      // Files are the first one's affair.
      const folder = index === 0 ? folders.manifests : join(root, `manifests-${letter}`)
      const environment = { DRYDOCK_CONTROLLER_NAME: letter, DRYDOCK_CONTROLLER_ADVERTISE: url }
      return new ChaosDaemon({ ...place, folder, dataDir: join(folders.data, letter), environment })
    }),
  )
  const docker = async (...words: string[]) => {
    const { stdout } = await run('docker', ['-H', engine.host, ...words], { timeout: 30_000 })
    return stdout.split('\n').filter((line) => line !== '')
  }
  return {
    root,
    engine,
    postgres,
    daemons,
    isShared,
    api: new Api(daemons.map(({ url }) => url)),
    folders: { ...folders, ofDaemons: isShared ? letters.map((one) => join(folders.data, one)) : [folders.data] },
    isLiveRestored: options.liveRestore,
    docker,
    remove: async () => {
      for (const daemon of daemons) await daemon.kill()
      await engine.remove()
      postgres?.stop()
      await run('umount', ['-l', folders.data]).catch(() => undefined)
      await rm(root, { recursive: true, force: true })
    },
  }
}
