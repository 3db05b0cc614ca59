/** Argo's `workflow-controller-configmap`: one item `config` with YAML text, or one item a key with YAML text each. */
import { LineCounter, isMap, isScalar, parseDocument } from 'yaml'
import type { Position } from '../resources/index.ts'
import { argoSettingsSchema, keysWithoutEffect } from './argo-settings.ts'
import type { ArgoSettings } from './argo-settings.ts'
import { persistenceNotes } from './store-settings.ts'
import type { SettingsProblem } from './problems.ts'
import { checkSettings, checkSettingsText } from './settings-text.ts'

export const argoConfigMapName = 'workflow-controller-configmap'

export type ArgoConfig = {
  readonly settings: ArgoSettings
  readonly problems: readonly SettingsProblem[]
  /** Keys that are accepted and change nothing. */
  readonly notes: readonly string[]
}

/** Whether a parsed settings file is such a ConfigMap rather than settings themselves. */
export const isArgoConfigMap = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'ConfigMap'

/** @param at where an item's text begins, if that is known */
export function readArgoConfigMap(
  data: Readonly<Record<string, string>>,
  file: string,
  at: (item: string) => Position | undefined = () => undefined,
): ArgoConfig {
  const entire = data['config']
  if (entire !== undefined && Object.keys(data).length === 1) {
    const { value, problems } = checkSettingsText<ArgoSettings>(entire, argoSettingsSchema, file, at('config'))
    return { settings: value, problems, notes: notesOf(value) }
  }
  const value: Record<string, unknown> = {}
  const broken: SettingsProblem[] = []
  for (const [key, text] of Object.entries(data)) {
    const document = parseDocument(text, { merge: true })
    const first = document.errors[0]
    if (first !== undefined) broken.push({ message: first.message.split('\n')[0] ?? '', path: key, at: at(key) })
    else value[key] = document.toJS()
  }
  const problems = checkSettings(value, argoSettingsSchema, (path) => at(path[0] ?? ''))
  return { settings: value, problems: [...broken, ...problems], notes: notesOf(value) }
}

/** Such a ConfigMap as a file, with places in that file. */
export function readArgoConfigMapText(text: string, file: string): ArgoConfig {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const dataNode = document.get('data')
  const parsed = document.toJS() as { data?: Record<string, unknown> }
  const data = Object.fromEntries(Object.entries(parsed.data ?? {}).map(([key, item]) => [key, String(item)]))
  return readArgoConfigMap(data, file, (item) => {
    if (!isMap(dataNode)) return undefined
    const pair = dataNode.items.find((entry) => isScalar(entry.key) && entry.key.value === item)
    const node = isScalar(pair?.value) ? pair.value : undefined
    const range = node?.range
    if (range === undefined || range === null) return undefined
    const isBlock = node?.type === 'BLOCK_LITERAL' || node?.type === 'BLOCK_FOLDED'
    const { line, col } = lines.linePos(range[0])
    return { file, line: isBlock ? line + 1 : line, column: col }
  })
}

export function notesOf(settings: ArgoSettings): readonly string[] {
  const general = Object.keys(settings)
    .filter((key) => keysWithoutEffect.has(key))
    .map((key) => `setting \`${key}\` has no effect on Docker: ${keysWithoutEffect.get(key) ?? ''}`)
  return [...general, ...persistenceNotes(settings)]
}
