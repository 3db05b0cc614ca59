/** `docs/compatibility.md`: the verdicts as a page, for `npm run docs`. */
import { resourceKinds } from '../../resources/index.ts'
import { type SchemaType, type Verdict, kindTypeName, reachableTypes, verdictOf } from './catalogue.ts'
import { differencesOfBehaviour, recordedDifferences } from './behaviour.ts'

const words: Readonly<Record<Verdict, string>> = {
  works: 'works',
  differs: 'works differently',
  ignored: 'ignored',
  refused: 'refused',
}

/** Markdown, with the counts over all types at the top. */
export function compatibilityDocument(): string {
  const types = reachableTypes()
  const kinds = resourceKinds.map(({ kind }) => kindTypeName(kind))
  const parts = types.filter(({ name }) => !kinds.includes(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [
    '<!-- Written by `npm run docs` from src/admission/compatibility; do not edit. -->',
    ...introduction(types),
    '## Behaviour that differs',
    '',
    ...differencesOfBehaviour.map((line) => `- ${line}`),
    '',
    '## Recorded results that differ',
    '',
    'Argo’s examples and the manifests of its tests were run on a real Argo v4.1.2 and are run on Drydock for every change; node',
    'trees, phases, messages, values and logs are compared. These differ, some of them only in some runs:',
    '',
    '| result | why |',
    '| --- | --- |',
    ...recordedDifferences.map(({ results, why }) => `| ${results.map((one) => `\`${one}\``).join(', ')} | ${why} |`),
    '',
    '## Kinds',
    '',
    ...kinds.flatMap((kind) => sectionOf(types.find(({ name }) => name === kind))),
    '## Types, by name',
    '',
    ...parts.flatMap(sectionOf),
  ].join('\n')
}

function introduction(types: readonly SchemaType[]): string[] {
  const counts: Record<Verdict, number> = { works: 0, differs: 0, ignored: 0, refused: 0 }
  for (const { name, fields } of types)
    for (const field of fields.keys()) {
      const found = verdictOf(name, field)
      if (found !== undefined) counts[found.verdict] += 1
    }
  return [
    '# What of Argo’s manifests works',
    '',
    'Every field of every kind that Drydock reads (Argo Workflows v4.1), a type at a time:',
    '',
    '| verdict | fields | what it means |',
    '| --- | --- | --- |',
    `| works | ${counts.works} | as under Argo and Kubernetes |`,
    `| works differently | ${counts.differs} | the table says how |`,
    `| ignored | ${counts.ignored} | accepted; a workflow that sets it bears the condition \`SpecWarning\`, whose message names the fields |`,
    `| refused | ${counts.refused} | the manifest is refused, or the node that needs it ends in Error; the table says which |`,
    '',
    'What lies below an ignored or refused field shares its verdict and is not listed. A field that no table knows is refused',
    'at admission with its place and the nearest name.',
    '',
  ]
}

function sectionOf(type: SchemaType | undefined): string[] {
  if (type === undefined) return []
  const rows = [...type.fields.keys()].map((field) => ({ field, ...verdictOf(type.name, field) }))
  const working = rows.filter(({ verdict }) => verdict === 'works').map(({ field }) => `\`${field}\``)
  const others = rows.filter(({ verdict }) => verdict !== 'works')
  const title = type.name.startsWith('kind ') ? type.name.slice('kind '.length) : type.name
  return [
    `### ${title}`,
    '',
    ...(working.length > 0 ? [`Works: ${working.join(', ')}.`, ''] : []),
    ...(working.length === 0 && others.length === 0 ? ['Works; it has no fields.', ''] : []),
    ...(others.length === 0
      ? []
      : [
          '| field | verdict | how |',
          '| --- | --- | --- |',
          ...others.map(
            ({ field, verdict, how }) => `| \`${field}\` | ${verdict ? words[verdict] : '?'} | ${how ?? ''} |`,
          ),
          '',
        ]),
  ]
}
