/**
 * What steps wrote themselves, into a folder of the host that no engine, store or daemon has a hand in: one line when
 * they begin and one when they end. `UPTIME B|E LABEL NODE [LOCK]`; uptime is the machine's, the same in every container.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Line = {
  /** Seconds since the machine was started. */
  readonly at: number
  readonly mark: 'B' | 'E'
  readonly label: string
  readonly node: string
  readonly lock: string
}

/** Where containers see the folder. */
export const linesFolder = '/lines'

/** A shell function `t MARK LABEL [LOCK]`; one short append is one write, which no other can tear. */
export const tell = `t() { read up rest < /proc/uptime; echo "$up $1 $2 $ARGO_NODE_ID $3" >> ${linesFolder}/all; }`

export async function readLines(folder: string): Promise<readonly Line[]> {
  const text = await readFile(join(folder, 'all'), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((row) => row !== '')
    .map(lineOf)
}

function lineOf(row: string): Line {
  const [at = '', mark = '', label = '', node = '', lock = ''] = row.split(' ')
  if ((mark !== 'B' && mark !== 'E') || node === '') throw new Error(`no line of a step: ${JSON.stringify(row)}`)
  return { at: Number(at), mark, label, node, lock }
}

/** Workflow of a line: labels are `WORKFLOW/PART`. */
export const workflowOf = ({ label }: Line): string => label.split('/')[0] ?? ''
