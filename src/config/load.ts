/** Puts the Config together: flags over environment over file over Argo's ConfigMap over defaults. */
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { UserError } from '../resources/index.ts'
import { isArgoConfigMap, notesOf, readArgoConfigMapText } from './argo-config-map.ts'
import type { ArgoSettings } from './argo-settings.ts'
import { configOf } from './config.ts'
import type { Config } from './config.ts'
import { settingsFromEnvironment } from './environment.ts'
import type { Environment } from './environment.ts'
import { InvalidSettings } from './problems.ts'
import type { SettingsProblem } from './problems.ts'
import { settingsSchema } from './settings.ts'
import type { Settings } from './settings.ts'
import { checkSettingsText, placesIn } from './settings-text.ts'
import type { PlaceOf } from './settings-text.ts'

export type ConfigSources = {
  /** Drydock's settings file, or a ConfigMap of Argo's. */
  readonly file?: string
  readonly environment?: Environment
  /** From the command line. */
  readonly flags?: Settings
  /** Settings of a ConfigMap that was found elsewhere (in the folder, in the store). */
  readonly argo?: ArgoSettings
  /** Folder that relative paths are relative to. */
  readonly base: string
}

/** `notes`: things to be said once, such as keys without effect. */
export type LoadedConfig = { readonly config: Config; readonly notes: readonly string[] }

/** @throws InvalidSettings with every problem; UserError SETTINGS_UNREADABLE */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const { settings: file, at } =
    sources.file === undefined ? { settings: {}, at: () => undefined } : await settingsFromFile(sources.file)
  const layers = [sources.argo ?? {}, file, settingsFromEnvironment(sources.environment ?? {}), sources.flags ?? {}]
  const settings = layers.reduce<Settings>((under, over) => merged(under, over) as Settings, {})
  try {
    return { config: configOf(settings, sources.base), notes: notesOf(settings) }
  } catch (error) {
    if (!(error instanceof InvalidSettings)) throw error
    throw new InvalidSettings(error.problems.map((problem) => placed(problem, file, at)))
  }
}

/** Problems that were found later than the file was read, with their places in it. */
export async function locatedProblems(
  problems: readonly SettingsProblem[],
  file: string | undefined,
): Promise<readonly SettingsProblem[]> {
  if (file === undefined || problems.length === 0) return problems
  const { settings, at } = await settingsFromFile(file)
  return problems.map((problem) => placed(problem, settings, at))
}

/** Where the file says it, its place there. */
function placed(problem: SettingsProblem, file: Settings, at: PlaceOf): SettingsProblem {
  const path = problem.path?.split('.') ?? []
  const isThere = path.reduce<unknown>(
    (value, key) => (isPlainObject(value) ? value[key] : Array.isArray(value) ? value[Number(key)] : undefined),
    file as Readonly<Record<string, unknown>>,
  )
  const place = isThere === undefined ? undefined : at(path, 'value')
  return place === undefined ? problem : { ...problem, at: place }
}

async function settingsFromFile(path: string): Promise<{ readonly settings: Settings; readonly at: PlaceOf }> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError('SETTINGS_UNREADABLE', `cannot read settings file ${path}`, { cause })
  })
  if (isArgoConfigMap(lenientParse(text))) {
    const { settings, problems } = readArgoConfigMapText(text, path)
    if (problems.length > 0) throw new InvalidSettings(problems)
    return { settings, at: () => undefined }
  }
  const { value, problems } = checkSettingsText<Settings>(text, settingsSchema, path)
  if (problems.length > 0) throw new InvalidSettings(problems)
  return { settings: value, at: placesIn(text, path) }
}

function lenientParse(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return null
  }
}

/** Maps are merged key by key, anything else is replaced; what is undefined says nothing. */
export function merged(under: unknown, over: unknown): unknown {
  if (over === undefined) return under
  if (!isPlainObject(under) || !isPlainObject(over)) return over
  const result: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) result[key] = merged(result[key], value)
  return result
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
