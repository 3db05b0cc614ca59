/** Which Drydock this is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const packageFile = join(import.meta.dirname, '..', '..', 'package.json')
export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version

/** Labels of Argo's `version` metric. */
export const versionLabels = {
  version: `v${version}`,
  platform: `${process.platform}/${process.arch}`,
  go_version: `node ${process.version}`,
  build_date: '',
  compiler: 'none',
  git_commit: '',
  git_tree_state: '',
  git_tag: `v${version}`,
}
