/** The Config as YAML a person can read and put into a settings file. */
import { stringify } from 'yaml'
import type { Config } from './config.ts'

/** Secrets stand in no setting (only in files that settings name), so everything may be printed. */
export function showConfig({ argo, ...own }: Config): string {
  const ownKeys = new Set([
    'data',
    'folders',
    'server',
    'metrics',
    'policy',
    'capacity',
    'docker',
    'log',
    'folder',
    'artifacts',
    'plugins',
  ])
  const argoOnly = Object.fromEntries(Object.entries(argo).filter(([key]) => !ownKeys.has(key) && !(key in own)))
  return stringify({ ...own, argo: argoOnly })
}
