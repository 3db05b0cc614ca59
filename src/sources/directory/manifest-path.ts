/** Which files of a folder are manifests. */
import { basename, sep } from 'node:path'

const extensions = /\.(ya?ml|json)$/i
/** What editors and tools leave behind while they write: `a.yaml~`, `#a.yaml#`, `a.yaml.tmp`, `4913` have no manifest's ending. */
const temporary = /(^#|^~|\.(tmp|temp|bak|orig|part|swp)\.(ya?ml|json)$)/i

/** Dot files and dot folders are nobody's manifests; `.status` is ours. */
export const isHidden = (relative: string): boolean =>
  relative.split(sep).some((part) => part.startsWith('.') && part !== '.')

/** @param relative to the watched folder */
export function isManifestPath(relative: string): boolean {
  const name = basename(relative)
  return extensions.test(name) && !temporary.test(name) && !isHidden(relative)
}
