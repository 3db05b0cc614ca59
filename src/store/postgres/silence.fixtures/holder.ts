/**
 * A process of its own that works on a store until it is ended, so that it can be frozen: `holder.ts URL SCHEMA [NAME]`.
 * Says `ready` once its first commit is stored, then `lost`, and then how its next commit ended.
 */
import { workflowRow } from '../../store.contract.ts'
import { openPostgresStore } from '../store.ts'

const [url = '', schema = '', name] = process.argv.slice(2)
const say = (line: string) => void process.stdout.write(`${line}\n`)
const store = await openPostgresStore({
  ...{ url, schema, sslMode: 'disable', silentMs: 5_000 },
  ...(name === undefined ? {} : { controller: name }),
  onLost: () => {
    say('lost')
    store.commit([{ kind: 'putWorkflow', row: workflowRow(2) }]).then(
      () => say('stored'),
      (error: unknown) => say(`refused ${String((error as { readonly code?: unknown }).code)}`),
    )
  },
})
const role = store.fleet?.role('cron', (isOurs) => isOurs && say('ticks'))
await store.commit([{ kind: 'putWorkflow', row: workflowRow(1) }])
say('ready')
process.once('SIGTERM', () => {
  void role?.close()
  process.exit(0)
})
