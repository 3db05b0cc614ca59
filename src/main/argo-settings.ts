/** Argo's ConfigMap as a manifest: found in the watched folders before the start, and followed while running. */
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifests } from '../admission/index.ts'
import { argoConfigMapName, readArgoConfigMap, settingsProblemText } from '../config/index.ts'
import type { ArgoSettings } from '../config/index.ts'
import type { Controller, Log } from '../controller/index.ts'
import type { ConfigMap } from '../resources/index.ts'
import type { Store } from '../store/index.ts'

/** Files of a folder that are looked through for it; it is usually among few. */
const filesMax = 2000
const bytesMax = 256 * 1024

/** The folder's, else the one in the store (put there by an earlier run or over the API). */
export async function storedArgoSettings(
  folders: readonly string[],
  store: Store,
  namespace: string,
  log: Log,
): Promise<ArgoSettings | undefined> {
  for (const folder of folders) {
    const found = await inFolder(folder)
    if (found !== null) return settingsOf(found.data, found.file, log)
  }
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
  return controller.watch(null, (event) => {
    if (event.kind !== 'ConfigMap' || event.name !== argoConfigMapName || event.namespace !== namespace) return
    const data = event.type === 'DELETED' ? {} : (event.object() as ConfigMap).data
    const settings = settingsOf(data, argoConfigMapName, log)
    if (settings !== undefined) onChange(settings)
  })
}

function settingsOf(data: ConfigMap['data'], file: string, log: Log): ArgoSettings | undefined {
  const { settings, problems, notes } = readArgoConfigMap(data ?? {}, file)
  for (const note of notes) log.info({ file }, note)
  if (problems.length === 0) return settings
  log.error({ file, problems: problems.map(settingsProblemText) }, `${argoConfigMapName} is wrong and not used`)
  return undefined
}

async function inFolder(folder: string): Promise<{ readonly file: string; readonly data: ConfigMap['data'] } | null> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[^.].*\.ya?ml$/i.test(name))
  for (const name of names.slice(0, filesMax)) {
    const text = await beginning(join(folder, name))
    if (!text.includes(argoConfigMapName)) continue
    for (const { manifest } of parseManifests(text, { file: name }).documents)
      if (manifest?.kind === 'ConfigMap' && manifest.resource.metadata?.name === argoConfigMapName)
        return { file: name, data: manifest.resource.data }
  }
  return null
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
