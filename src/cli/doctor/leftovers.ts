/** What the daemon of this data directory has left behind for workflows that are gone. The daemon says which there are. */
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../../config/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { findBelongings, findEngine, removeLeaks } from '../../runtime/docker/index.ts'
import type { EngineAddress, Leak } from '../../runtime/docker/index.ts'
import type { ApiClient } from '../client.ts'
import type { Context } from '../globals.ts'
import { listWorkflows } from '../workflows-api.ts'
import type { Check } from './check.ts'

type Asked = {
  readonly context: Context
  readonly host: string | undefined
  readonly config: Config
  /** Days after which artifacts of workflows that are gone go too; `null`: never. */
  readonly artifactDays: number | null
}

type Known = { readonly uids: ReadonlySet<string>; readonly names: ReadonlySet<string> }

export async function leftoverChecks({ context, host, config, artifactDays }: Asked): Promise<Check[]> {
  const instance = config.instance ?? (await drawnInstance(config.dataDir))
  // There has never been a daemon here.
  if (instance === null) return []
  const search = await findEngine({ env: host === undefined ? process.env : { ...process.env, DOCKER_HOST: host } })
  if (!search.found) return []
  // First what there is, then what is known: what a workflow makes meanwhile belongs to one that is known.
  const belongings = await findBelongings(search.address, { instance, dataDir: join(config.dataDir, 'runtime') })
  const artifacts = await folders(join(config.artifactsDir, 'objects'))
  const known = await knownWorkflows(context)
  if (known === null) {
    const advice =
      'only the daemon knows which workflows there are: start it, or name it with --server and --token-file'
    return [{ id: 'leftovers', state: 'poor', what: `not looked for leftovers: no daemon answers`, advice }]
  }
  const leaks = belongings.filter(({ workflowUid }) => !known.uids.has(workflowUid))
  return [leakCheck(search.address, leaks, instance), await artifactCheck(artifacts, known, artifactDays)]
}

function leakCheck(address: EngineAddress, leaks: readonly Leak[], instance: string): Check {
  if (leaks.length === 0) return { id: 'leftovers', state: 'fine', what: `nothing left behind by ${instance}` }
  const count = (kind: Leak['kind'], word: string): string[] => {
    const found = leaks.filter((leak) => leak.kind === kind).length
    return found === 0 ? [] : [`${found} ${word}`]
  }
  const megabytes = leaks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6
  const parts = [
    ...count('container', 'containers'),
    ...count('volume', 'volumes'),
    ...count('log', `folders of logs (${megabytes.toFixed(1)} MB)`),
  ]
  const what = `${parts.join(', ')} of workflows that are gone`
  return {
    id: 'leftovers',
    state: 'poor',
    what,
    advice: `doctor --fix removes them: ${leaks
      .slice(0, 5)
      .map(({ name }) => name)
      .join(', ')}${leaks.length > 5 ? ', …' : ''}`,
    mend: async () => {
      await removeLeaks(address, leaks)
      return `removed ${what}`
    },
  }
}

/** Folders of the built-in store whose first part is the name of no workflow; Argo keeps artifacts when workflows go. */
async function artifactCheck(found: readonly Folder[], known: Known, days: number | null): Promise<Check> {
  const orphans = found.filter(({ name }) => !known.names.has(name))
  const old = orphans.filter(({ ageDays }) => days !== null && ageDays >= days)
  const id = 'artifacts'
  if (orphans.length === 0) return { id, state: 'fine', what: 'no artifacts of workflows that are gone' }
  const what = `artifacts of ${orphans.length} workflows that are gone`
  if (days === null)
    return {
      id,
      state: 'fine',
      what: `${what} (kept, as Argo does; doctor --fix --artifacts-older-than DAYS removes them)`,
    }
  if (old.length === 0) return { id, state: 'fine', what: `${what}, none older than ${days} days` }
  return {
    id,
    state: 'poor',
    what: `${what}, ${old.length} of them older than ${days} days`,
    advice: 'doctor --fix removes these',
    mend: async () => {
      for (const { path } of old) await rm(path, { recursive: true, force: true })
      return `removed the artifacts of ${old.length} workflows`
    },
  }
}

type Folder = { readonly name: string; readonly path: string; readonly ageDays: number }

/** Keys of the usual form begin `<workflow>/<pod>/`, where the pod's name begins with the workflow's. */
async function folders(directory: string): Promise<readonly Folder[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  const found = entries.map(async (entry): Promise<Folder | null> => {
    if (!entry.isDirectory() || !entry.name.endsWith('.d') || entry.name.includes('%')) return null
    const [name, path] = [entry.name.slice(0, -2), join(directory, entry.name)]
    const below = await readdir(path).catch(() => [])
    if (below.length === 0 || !below.every((one) => one.startsWith(name) && one.endsWith('.d'))) return null
    const { mtimeMs } = await stat(path)
    return { name, path, ageDays: (Date.now() - mtimeMs) / 86_400_000 }
  })
  return (await Promise.all(found)).filter((folder) => folder !== null)
}

async function drawnInstance(dataDir: string): Promise<string | null> {
  const text = await readFile(join(dataDir, 'instance'), 'utf8').catch(() => '')
  return text.trim() === '' ? null : text.trim()
}

/** Those there are and those in the archive; `null` where no daemon answers. */
async function knownWorkflows(context: Context): Promise<Known | null> {
  try {
    const live = await listWorkflows(context, { allNamespaces: true }, { nodes: false })
    const all = [...live, ...(await archived(context.api))].map(({ metadata }) => metadata)
    return { uids: new Set(all.map(({ uid }) => uid ?? '')), names: new Set(all.map(({ name }) => name ?? '')) }
  } catch {
    return null
  }
}

async function archived(api: ApiClient): Promise<readonly Workflow[]> {
  const found: Workflow[] = []
  for (let next = ''; ;) {
    const query = new URLSearchParams({
      'listOptions.limit': '500',
      ...(next === '' ? {} : { 'listOptions.continue': next }),
    })
    const page = await api.call<{ items?: Workflow[] | null; metadata?: { continue?: string } }>(
      'GET',
      `/api/v1/archived-workflows?${query}`,
    )
    found.push(...(page.items ?? []))
    next = page.metadata?.continue ?? ''
    if (next === '') return found
  }
}
