/** Argo's ConfigMap as a manifest: found in the watched folders before the start, and followed while running. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifests } from '../admission/index.ts'
import type { Manifest } from '../admission/index.ts'
import { argoConfigMapName, readArgoConfigMap, settingsProblemText } from '../config/index.ts'
import type { ArgoSettings } from '../config/index.ts'
import type { Controller, Log, WatchEvent } from '../controller/index.ts'
import type { ConfigMap } from '../resources/index.ts'
import type { Store } from '../store/index.ts'

/** Files of a folder that are looked through for it; it is usually among few. */
const filesMax = 2000
const bytesMax = 256 * 1024

/** Of a file in the watched folders; they are read before the store is opened, and may say where it is. */
export async function argoSettingsInFolders(folders: readonly string[], log: Log): Promise<ArgoSettings | undefined> {
  for (const folder of folders)
    for await (const { file, manifest } of manifestsIn(folder, [argoConfigMapName]))
      if (manifest.kind === 'ConfigMap' && manifest.resource.metadata?.name === argoConfigMapName)
        return settingsOf(manifest.resource.data, file, log)
  return undefined
}

/** Put there by an earlier run or over the API. What it says of the store itself comes too late and is not used. */
export async function argoSettingsInStore(
  store: Store,
  namespace: string,
  log: Log,
): Promise<ArgoSettings | undefined> {
  const row = await store.object('ConfigMap', namespace, argoConfigMapName)
  return row === null ? undefined : settingsOf((row.body as ConfigMap).data, argoConfigMapName, log)
}

/** Tells of each change from now on. */
export function followArgoSettings(
  controller: Pick<Controller, 'watch'>,
  namespace: string,
  log: Log,
  onChange: (settings: ArgoSettings) => void,
): { close(): void } {
  const seen = (event: WatchEvent) => {
    if (event.kind !== 'ConfigMap' || event.name !== argoConfigMapName || event.namespace !== namespace) return
    const data = event.type === 'DELETED' ? {} : (event.object() as ConfigMap).data
    const settings = settingsOf(data, argoConfigMapName, log)
    if (settings !== undefined) onChange(settings)
  }
  return controller.watch(null, seen, 'none')
}

function settingsOf(data: ConfigMap['data'], file: string, log: Log): ArgoSettings | undefined {
  const { settings, problems, notes } = readArgoConfigMap(data ?? {}, file)
  for (const note of notes) log.info({ file }, note)
  if (problems.length === 0) return settings
  log.error({ file, problems: problems.map(settingsProblemText) }, `${argoConfigMapName} is wrong and not used`)
  return undefined
}

/** Manifests of the files in the folder itself that hold one of the words. */
export async function* manifestsIn(
  folder: string,
  words: readonly string[],
): AsyncGenerator<{ readonly file: string; readonly manifest: Manifest }> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[^.].*\.ya?ml$/i.test(name))
  for (const name of names.slice(0, filesMax)) {
    const text = await beginning(join(folder, name))
    if (!words.some((word) => text.includes(word))) continue
    for (const { manifest } of parseManifests(text, { file: name }).documents)
      if (manifest !== null && manifest !== undefined) yield { file: name, manifest }
  }
}

async function beginning(path: string): Promise<string> {
  const file = await open(path).catch(() => null)
  if (file === null) return ''
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytesMax), 0, bytesMax, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return ''
  } finally {
    await file.close()
  }
}
