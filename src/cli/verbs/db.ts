/** `drydock db`: the store's schema and copies of it, by hand. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../../config/index.ts'
import type { Config } from '../../config/index.ts'
import { argoSettingsInFolders } from '../../main/argo-settings.ts'
import { postgresOf } from '../../main/store.ts'
import { redactedUrl } from '../../postgres/index.ts'
import { UserError, WorldError } from '../../resources/index.ts'
import { administerPostgres, administerSqlite, backupSqlite, restoreSqlite } from '../../store/index.ts'
import type { LeaseStatus, PostgresStoreOptions, StoreAdministration } from '../../store/index.ts'
import { contextOf } from '../globals.ts'
import { tableText } from '../view/table.ts'
import { addDaemonFlags, settingsOfFlags } from './up.ts'
import type { UpFlags } from './up.ts'

type Say = (text: string) => void
type DbFlags = UpFlags & { readonly to?: string; readonly force?: boolean; readonly folder?: string }

export function registerDb(program: Command): void {
  const group = program.command('db').description('the store: schema, backup, restore')
  const verb = (
    name: string,
    description: string,
    work: (config: Config, flags: DbFlags, say: Say, file: string) => Promise<void>,
  ) =>
    addDaemonFlags(group.command(name).description(description))
      .option('--folder <dir>', 'watched folder, where Argo’s ConfigMap and its Secrets may lie')
      .action(async (...args: readonly unknown[]) => {
        const command = args.at(-1) as Command
        const flags = command.optsWithGlobals<DbFlags>()
        const { say } = contextOf(command)
        await plainly(async () => work(await configOf(flags), flags, say, resolve(command.args[0] ?? '')))
      })
  verb(
    'status',
    'versions of the schema, who works on it; exit code 1 where migrations are due, 78 where it is not this drydock’s',
    status,
  )
  verb('migrate', 'bring the schema up to date', migrate)
  verb('rollback', 'take the last migration back', rollback)
    .option('--to <version>', 'back to this version')
    .option('--force', 'even if data is lost')
  verb('backup', 'copy a SQLite store into FILE while the daemon works', backup).argument('<file>', 'made or replaced')
  verb('restore', 'put a copy back; the daemon must not run', restore).argument('<file>', 'made by `drydock db backup`')
}

async function configOf(flags: DbFlags): Promise<Config> {
  const sources = {
    environment: process.env,
    flags: settingsOfFlags(flags, flags.folder),
    base: process.cwd(),
    ...(flags.config === undefined ? {} : { file: flags.config }),
  }
  const { config } = await loadConfig(sources)
  const silent = () => undefined
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const argo = await argoSettingsInFolders(config.folders, log)
  return argo === undefined ? config : (await loadConfig({ ...sources, argo })).config
}

async function administered<T>(config: Config, work: (store: StoreAdministration) => Promise<T>): Promise<T> {
  const postgres = await postgresOf(config)
  const store = postgres === null ? administerSqlite(config.dataDir) : await administerPostgres(postgres)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const status = (config: Config, _flags: DbFlags, say: Say): Promise<void> =>
  administered(config, async (store) => {
    const states = await store.status()
    say(`store: ${store.place}`)
    say(tableText([['VERSION', 'STATE', 'NAME'], ...states.map((one) => [String(one.version), one.state, one.name])]))
    const controllers = await store.controllers()
    if (controllers.length > 0) say('')
    if (controllers.length > 0) say(controllersText(controllers))
    if (states.some(({ state }) => state === 'pending')) process.exitCode = 1
    if (states.some(({ state }) => state === 'foreign')) process.exitCode = 78
  })

const controllersText = (controllers: readonly LeaseStatus[]): string =>
  tableText([
    ['CONTROLLER', 'STATE', 'WORKFLOWS', 'LOCKS', 'HOST'],
    ...controllers.map(({ name, holder, isLive, workflows, locks }) => [
      ...[name, isLive ? 'works' : 'gone', String(workflows), String(locks), holder],
    ]),
  ])

const migrate = (config: Config, _flags: DbFlags, say: Say): Promise<void> =>
  administered(config, async (store) => {
    const done = await store.migrate()
    for (const { version, name } of done) say(`applied ${version}: ${name}`)
    if (done.length === 0) say('nothing to do')
  })

const rollback = (config: Config, { to, force = false }: DbFlags, say: Say): Promise<void> =>
  administered(config, async (store) => {
    if (to !== undefined && !/^\d{1,6}$/.test(to)) throw new UserError('BAD_FLAG', `--to must be a version, got ${to}`)
    const done = await store.rollback({ to: to === undefined ? null : Number(to), mayLoseData: force })
    for (const { version, name } of done) say(`taken back ${version}: ${name}`)
    if (done.length === 0) say('nothing to do')
  })

async function backup(config: Config, _flags: DbFlags, say: Say, file: string): Promise<void> {
  const postgres = await postgresOf(config)
  if (postgres !== null) throw forPostgres(postgres, `pg_dump -Fc -n ${config.store.schema} -f ${file}`)
  await backupSqlite(config.dataDir, file)
  say(`written: ${file}`)
}

async function restore(config: Config, _flags: DbFlags, say: Say, file: string): Promise<void> {
  const postgres = await postgresOf(config)
  if (postgres !== null) throw forPostgres(postgres, `pg_restore --clean --if-exists -n ${config.store.schema} ${file}`)
  const kept = restoreSqlite(config.dataDir, file, new Date())
  say(`restored: ${config.dataDir}${kept === null ? '' : `; what was there is kept as ${kept}`}`)
}

const forPostgres = ({ url }: PostgresStoreOptions, command: string) =>
  new UserError('USE_POSTGRES_TOOLS', 'Postgres has its own tools for that', {
    hint: `${command} -d '${redactedUrl(url)}'`,
  })

/** What stands in the way is said without a stack. */
async function plainly(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw error instanceof WorldError ? new UserError(error.code, error.message, { cause: error }) : error
  }
}
