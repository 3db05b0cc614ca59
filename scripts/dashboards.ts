/** Writes the Grafana dashboards from their description; with `--check` only says whether they are up to date. */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboardJson } from './grafana/dashboard-json.ts'
import { dashboards } from './grafana/dashboards.ts'

export const dashboardFolder = join(import.meta.dirname, '..', 'deploy', 'grafana', 'dashboards')

/** By file name. */
export const dashboardFiles: ReadonlyMap<string, string> = new Map(
  dashboards.map((spec) => [`${spec.uid}.json`, `${JSON.stringify(dashboardJson(spec, dashboards), null, 2)}\n`]),
)

/** Files that are missing, read otherwise, or are not ours. */
export async function staleDashboards(): Promise<readonly string[]> {
  const present = await readdir(dashboardFolder).catch(() => [])
  const stale = present.filter((name) => !dashboardFiles.has(name))
  for (const [name, text] of dashboardFiles)
    if ((await readFile(join(dashboardFolder, name), 'utf8').catch(() => null)) !== text) stale.push(name)
  return stale
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = await staleDashboards()
  if (process.argv.includes('--check')) {
    if (stale.length > 0) {
      console.error(`out of date: ${stale.join(', ')}; run \`npm run dashboards\``)
      process.exitCode = 1
    }
  } else {
    await mkdir(dashboardFolder, { recursive: true })
    for (const name of stale) {
      const text = dashboardFiles.get(name)
      if (text === undefined) await rm(join(dashboardFolder, name))
      else await writeFile(join(dashboardFolder, name), text)
    }
    console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : 'all dashboards were up to date')
  }
}
