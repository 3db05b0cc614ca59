/** Plugin modules of a folder: each is loaded once at the start, and what is wrong with one is said with its place. */
import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ArtifactDriver } from '../artifacts/index.ts'
import type { InProcessPlugin } from '../controller/index.ts'
import type { Position } from '../resources/index.ts'
import { UserError } from '../resources/index.ts'

/** The folder's `.js`, `.mjs` and `.ts` files, by name; tests and those that begin with `.` or `_` are left out. */
const isModule = (name: string): boolean => /^[^._].*\.(m?js|m?ts)$/.test(name) && !/\.(test|d)\.m?[jt]s$/.test(name)
const namePattern = /^[A-Za-z0-9][-A-Za-z0-9_.]{0,62}$/
const artifactMethods = ['open', 'list', 'save', 'delete'] as const

/** @throws UserError PLUGIN with file, line and column for the first module that is wrong */
export async function loadPluginFolder(folder: string): Promise<readonly InProcessPlugin[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new UserError('PLUGIN', `the plugin folder ${folder} cannot be read`, { cause, hint: 'setting pluginFolder' })
  })
  const plugins: InProcessPlugin[] = []
  const files = new Map<string, string>()
  for (const name of names.filter(isModule).sort()) {
    const file = join(folder, name)
    const plugin = await pluginOf(file)
    const other = files.get(plugin.name)
    if (other !== undefined)
      throw await wrong(file, 'name', `the name ${plugin.name} is taken by the plugin in ${other}`)
    files.set(plugin.name, file)
    plugins.push(plugin)
  }
  return plugins
}

async function pluginOf(file: string): Promise<InProcessPlugin> {
  const module = await imported(file)
  const given = (module['default'] ?? module) as Readonly<Record<string, unknown>>
  const { metadata, validate, execute, artifacts } = given
  const name = (metadata as { readonly name?: unknown } | undefined)?.name
  if (typeof metadata !== 'object' || metadata === null)
    throw await wrong(file, 'metadata', 'a plugin exports metadata: an object with its name')
  if (typeof name !== 'string' || !namePattern.test(name))
    throw await wrong(file, 'metadata', `metadata.name is not a name: ${JSON.stringify(name) ?? 'it is missing'}`)
  for (const [what, value] of Object.entries({ validate, execute }))
    if (value !== undefined && typeof value !== 'function') throw await wrong(file, what, `${what} is not a function`)
  if (execute === undefined && artifacts === undefined)
    throw await wrong(file, 'execute', 'a plugin exports execute (a function), artifacts (an object), or both')
  if (artifacts !== undefined) {
    const missing = artifactMethods.find(
      (method) => typeof (artifacts as Readonly<Record<string, unknown>> | null)?.[method] !== 'function',
    )
    if (missing !== undefined) throw await wrong(file, 'artifacts', `artifacts.${missing} is not a function`)
  }
  return {
    name,
    ...(validate === undefined ? {} : { validate: validate as NonNullable<InProcessPlugin['validate']> }),
    ...(execute === undefined ? {} : { execute: execute as NonNullable<InProcessPlugin['execute']> }),
    ...(artifacts === undefined ? {} : { artifacts: guarded(name, artifacts as ArtifactModule) }),
  }
}

type ArtifactModule = Omit<ArtifactDriver, 'openKey'> & Partial<Pick<ArtifactDriver, 'openKey'>>

/** `openKey` may be left out: then the artifact with that key is opened. */
function guarded(name: string, storage: ArtifactModule): ArtifactDriver {
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw new Error(`plugin ${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  return {
    open: (artifact, context) => told(async () => (await storage.open(artifact, context)) ?? null),
    list: (artifact, context) => told(() => storage.list(artifact, context)),
    save: (artifact, key, content, context) => told(() => storage.save(artifact, key, content, context)),
    delete: (artifact, context) => told(() => storage.delete(artifact, context)),
    openKey: (artifact, key, context) =>
      told(async () => {
        if (storage.openKey !== undefined) return (await storage.openKey(artifact, key, context)) ?? null
        const there = { ...artifact, plugin: { ...artifact.plugin, key } }
        return (await storage.open(there, context)) ?? null
      }),
  }
}

async function imported(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UserError('PLUGIN', `plugin module cannot be loaded: ${message}`, {
      cause: error,
      at: await placeOf(file, error),
    })
  }
}

/** Where the module itself is at fault: from the error's stack, or from Node's own check of the syntax. */
async function placeOf(file: string, error: unknown): Promise<Position> {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const place = positionIn(stack, file)
  if (place !== null) return place
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(stack)?.[1]
  if (missing !== undefined) return lineOf(file, missing.split('/').at(-1) ?? missing)
  return positionIn(await syntaxCheck(file), file) ?? { file, line: 1, column: 1 }
}

function positionIn(text: string, file: string): Position | null {
  for (const [, path = '', line = '1', column = '1'] of text.matchAll(
    /((?:file:\/\/)?\/[^\s()]+?):(\d+)(?::(\d+))?/g,
  )) {
    const plain = path.startsWith('file://') ? fileURLToPath(path) : path
    if (plain === file) return { file, line: Number(line), column: Number(column) }
  }
  return null
}

const syntaxCheck = (file: string): Promise<string> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--check', file], (_error, _stdout, stderr) => resolve(stderr))
  })

async function wrong(file: string, export_: string, message: string): Promise<UserError> {
  const at = await lineOf(file, export_)
  return new UserError('PLUGIN', message, { at, hint: 'docs/plugins.md shows a whole module' })
}

/** The first line that has the word; the file's first where none has. */
async function lineOf(file: string, word: string): Promise<Position> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const index = lines.findIndex((line) => line.includes(word))
  return { file, line: index + 1 || 1, column: index < 0 ? 1 : (lines[index] ?? '').indexOf(word) + 1 }
}
