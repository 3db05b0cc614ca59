/** `drydock table`: makes, shows and removes the table that manifests are taken from. */
import type { Command } from 'commander'
import type { Client } from 'pg'
import { loadConfig } from '../../config/index.ts'
import type { Settings } from '../../config/index.ts'
import { tablePostgres } from '../../main/table-source.ts'
import { addressOf, openClient } from '../../postgres/index.ts'
import { UserError } from '../../resources/index.ts'
import { installTable, tableSql, tableState, tableSummary, uninstallTable } from '../../sources/index.ts'
import { contextOf } from '../globals.ts'

type Flags = {
  readonly config?: string
  readonly url?: string
  readonly schema?: string
  readonly passwordFile?: string
  readonly yes?: boolean
}
type Work = (client: Client, schema: string, say: (text: string) => void, flags: Flags) => Promise<void>

export function registerTable(program: Command): void {
  const table = program.command('table').description('the Postgres table that manifests are taken from')
  const verb = (name: string, description: string, work: Work) =>
    addTableFlags(table.command(name).description(description)).action((_flags: object, command: Command) =>
      withTable(command, work),
    )
  verb('install', 'make the table and its roles, or bring them up to date', install)
  verb('status', 'say how it stands; exit code 1 where there is something to do', status)
  verb(
    'uninstall',
    'remove the table with its rows, its functions and, where nobody has them, its roles',
    uninstall,
  ).option('--yes', 'do it')
  addTableFlags(table.command('sql').description('print the SQL that `install` runs, and run nothing')).action(
    async (_flags: object, command: Command) => {
      const { config } = await settingsOf(command.optsWithGlobals<Flags>())
      contextOf(command).say(tableSql(config.table.schema))
    },
  )
}

const addTableFlags = (command: Command): Command =>
  command
    .option('--url <url>', 'database (DRYDOCK_TABLE_URL, else `table.url`)')
    .option('--password-file <file>', 'file with the password, instead of one in the URL')
    .option('--schema <name>', 'schema of the table (default: public)')
    .option('--config <file>', 'settings')

async function settingsOf({ config, url, schema, passwordFile }: Flags) {
  const flags = JSON.parse(JSON.stringify({ table: { url, schema, passwordFile } })) as Settings
  const file = config === undefined ? {} : { file: config }
  return loadConfig({ environment: process.env, flags, base: process.cwd(), ...file })
}

async function withTable(command: Command, work: Work): Promise<void> {
  const flags = command.optsWithGlobals<Flags>()
  const { config } = await settingsOf(flags)
  const options = tablePostgres(config.table)
  if (options === null)
    throw new UserError('NO_TABLE_URL', 'no database is named', { hint: 'give --url, or set DRYDOCK_TABLE_URL' })
  const client = await openClient(options).catch((error: unknown) => {
    if (error instanceof UserError) throw error
    const { host, port } = addressOf(options)
    throw new UserError('DATABASE_UNREACHABLE', `cannot connect to Postgres at ${host}:${port}: ${textOf(error)}`)
  })
  try {
    await work(client, config.table.schema, contextOf(command).say, flags)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError('DATABASE_REFUSED', `Postgres refuses: ${textOf(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}

async function install(...[client, schema, say]: Parameters<Work>): Promise<void> {
  const { version, applied, notes, roles } = await installTable(client, schema)
  say(applied.length === 0 ? `version ${version} is there already` : `installed version ${version} in schema ${schema}`)
  for (const note of notes) say(note)
  if (notes.length === 0) say(`roles: ${roles.join(', ')}; GRANT drydock_writer TO whoever may insert`)
}

async function status(...[client, schema, say]: Parameters<Work>): Promise<void> {
  const { version, newest, instance, roles } = await tableState(client, schema)
  if (version !== newest) process.exitCode = 1
  if (version === 0) return say(`there is no table in schema ${schema}: run \`drydock table install\``)
  const advice = version < newest ? ': run `drydock table install`' : version > newest ? ': use a newer drydock' : ''
  say(`version ${version} of ${newest}${advice}\ninstance ${instance ?? ''}\nroles: ${roles.join(', ') || 'none'}`)
  for (const { state, rows } of await tableSummary(client, schema)) say(`${String(rows).padStart(9)} ${state}`)
}

async function uninstall(...[client, schema, say, flags]: Parameters<Work>): Promise<void> {
  if (flags.yes !== true)
    throw new UserError('NOT_CONFIRMED', `this removes every row of ${schema}.workflow_manifests`, {
      hint: 'add --yes',
    })
  const notes = await uninstallTable(client, schema)
  say(`removed from schema ${schema}; workflows stay as they are`)
  for (const note of notes) say(note)
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
