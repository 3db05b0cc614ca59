/** Hints that something happened to a path. A hint may be missing or doubled; the sweep makes up for it. */
import { relative } from 'node:path'
import { watch } from 'chokidar'
import { isHidden } from './manifest-path.ts'

export type FolderWatch = { close(): Promise<void> }

/**
 * Resolves once the folder and everything below it is watched.
 * @param onTrouble the system's limit of watches is reached, say; hints may be missing from then on
 */
export async function watchFolder(
  root: string,
  onHint: (path: string) => void,
  onTrouble: (error: unknown) => void,
): Promise<FolderWatch> {
  const watcher = watch(root, {
    ignored: (path) => isHidden(relative(root, path)),
    ignoreInitial: true,
    followSymlinks: false,
    atomic: false,
    ignorePermissionErrors: true,
  })
  watcher.on('all', (event, path) => {
    if (event !== 'addDir' && event !== 'unlinkDir') onHint(relative(root, path))
  })
  watcher.on('error', onTrouble)
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return { close: () => watcher.close() }
}
