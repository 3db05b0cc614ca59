/** `drydock cache`: what memoization keeps. */
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import type { ConfigMap } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { tableText } from '../view/table.ts'

type Entry = {
  readonly nodeID?: string
  readonly creationTimestamp?: string
  readonly lastHitTimestamp?: string
  readonly outputs?: {
    readonly parameters?: readonly { readonly name: string; readonly value?: string }[]
    readonly result?: string
  } | null
}

const cacheLabel = 'workflows.argoproj.io/configmap-type=Cache'
const pathOf = (namespace: string, name = ''): string =>
  `/api/v1/namespaces/${namespace}/configmaps${name === '' ? '' : `/${encodeURIComponent(name)}`}`

export function registerCache(program: Command): void {
  const cache = program.command('cache').description('the caches of memoized templates')
  cache
    .command('list')
    .description('list caches')
    .option('-o, --output <form>', 'name, json or yaml')
    .action(async (flags: { output?: string }, command: Command) => {
      const context = contextOf(command)
      const query = new URLSearchParams({ labelSelector: cacheLabel })
      const { items } = await context.api.call<{ items: ConfigMap[] }>('GET', `${pathOf(context.namespace)}?${query}`)
      const rows = items.map(({ metadata, data }) => [
        metadata?.name ?? '',
        String(entriesOf(data).length),
        lastHit(data),
      ])
      const text = items.length === 0 ? 'No caches found' : tableText([['NAME', 'ENTRIES', 'LAST HIT'], ...rows])
      context.say(objectText(items, flags.output) ?? text)
    })
  cache
    .command('show')
    .description('show the entries of a cache, or one of them')
    .argument('<cache>')
    .argument('[key]')
    .option('-o, --output <form>', 'json or yaml')
    .action(async (name: string, key: string | undefined, flags: { output?: string }, command: Command) => {
      const context = contextOf(command)
      const map = await context.api.call<ConfigMap>('GET', pathOf(context.namespace, name))
      const entries = entriesOf(map.data).filter(([own]) => key === undefined || own === key)
      if (key !== undefined && entries.length === 0) throw notThere(name, key)
      const shown = key === undefined ? Object.fromEntries(entries) : (entries[0]?.[1] ?? {})
      context.say(objectText(shown as object, flags.output) ?? tableText([headings, ...entries.map(rowOf)]))
    })
  cache
    .command('delete')
    .description('delete entries of a cache, or the whole of it')
    .argument('<cache>')
    .argument('[keys...]')
    .option('--all', 'the cache itself')
    .action(async (name: string, keys: string[], flags: { all?: boolean }, command: Command) => {
      await remove(contextOf(command), name, keys, flags.all === true)
    })
}

async function remove({ api, namespace, say }: Context, name: string, keys: string[], isWhole: boolean): Promise<void> {
  if (keys.length === 0 && !isWhole) throw new UserError('NOTHING_NAMED', 'name keys of the cache, or say --all')
  if (isWhole) {
    await api.call('DELETE', pathOf(namespace, name))
    return say(`Cache '${name}' deleted`)
  }
  const { data = {} } = await api.call<ConfigMap>('GET', pathOf(namespace, name))
  const missing = keys.find((key) => !(key in data))
  if (missing !== undefined) throw notThere(name, missing)
  await api.call('PATCH', pathOf(namespace, name), { data: Object.fromEntries(keys.map((key) => [key, null])) })
  for (const key of keys) say(`Entry '${key}' of cache '${name}' deleted`)
}

const notThere = (name: string, key: string) => new UserError('NO_ENTRY', `cache ${name} has no entry ${key}`)

const headings = ['KEY', 'NODE', 'CREATED', 'LAST HIT', 'OUTPUTS']
const rowOf = ([key, { nodeID = '', creationTimestamp = '', lastHitTimestamp = '', outputs }]: readonly [
  string,
  Entry,
]) => [
  key,
  nodeID,
  creationTimestamp,
  lastHitTimestamp,
  [
    ...(outputs?.parameters ?? []).map(({ name, value = '' }) => `${name}=${value}`),
    ...(outputs?.result === undefined ? [] : [`result=${outputs.result}`]),
  ]
    .join(',')
    .replaceAll('\n', ' '),
]

/** What is no entry is left out, as the engine passes it over. */
function entriesOf(data: ConfigMap['data'] = {}): (readonly [string, Entry])[] {
  return Object.entries(data).flatMap(([key, text]) => {
    try {
      return [[key, JSON.parse(text) as Entry] as const]
    } catch {
      return []
    }
  })
}

const lastHit = (data: ConfigMap['data']): string =>
  entriesOf(data)
    .map(([, entry]) => entry.lastHitTimestamp ?? '')
    .toSorted()
    .at(-1) ?? ''
