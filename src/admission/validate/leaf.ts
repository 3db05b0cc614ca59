/** A template that does the work itself: its variables, and what its kind demands. */
import { parseDocument } from 'yaml'
import { type ResourceTemplate, type Template, TemplateSchema } from '../../resources/index.ts'
import { containerSetFault } from './container-set.ts'
import type { Holder } from './context.ts'
import { type Fault, type Place, fault, inside, reworded } from './fault.ts'
import { structJson } from './json-tags.ts'
import { mountsFault } from './mounts.ts'
import { isPlaceholder } from './placeholders.ts'
import { isReservedContainer } from './reserved-containers.ts'
import { type Variables, placeOfText, variablesFault } from './scope.ts'

export function leafFault(template: Template, variables: Variables, holder: Holder, place: Place): Fault | null {
  const name = `templates.${template.name ?? ''}`
  const unresolved = variablesFault(structJson(template, TemplateSchema), variables, template, place)
  if (unresolved) return reworded(placedInMetadata(unresolved, holder), `${name}: ${unresolved.message}`)
  return (
    containerFault(template, holder, place) ??
    (template.containerSet
      ? containerSetFault(template, template.containerSet, inside(place, 'containerSet'))
      : null) ??
    sidecarsFault(template, place) ??
    (template.resource ? resourceFault(template, template.resource, inside(place, 'resource')) : null) ??
    scriptFault(template, holder, place) ??
    deadlineFault(template, place) ??
    (template.parallelism === undefined
      ? null
      : fault(`${name}.parallelism is only valid for steps and dag templates`, inside(place, 'parallelism')))
  )
}

/** A variable that came from the labels and annotations for all pods is reported there. */
function placedInMetadata(found: Fault, { spec, place }: Holder): Fault {
  const { podMetadata } = spec
  const { text } = found
  if (!podMetadata || text === undefined) return found
  const at = inside(place, 'podMetadata')
  const inMetadata = placeOfText(podMetadata, at, (candidate) => candidate.includes(text))
  return inMetadata === at ? found : { ...found, path: inMetadata }
}

function containerFault(template: Template, holder: Holder, place: Place): Fault | null {
  const { container, inputs } = template
  if (!container) return null
  const prefix = `templates.${template.name ?? ''}.`
  const at = inside(place, 'container')
  const mounts = mountsFault(
    `${prefix}container.`,
    container.volumeMounts,
    'container.volumeMounts.',
    inside(at, 'volumeMounts'),
  )
  if ('fault' in mounts) return mounts.fault
  for (const [index, { name, path = '' }] of (inputs?.artifacts ?? []).entries()) {
    const before = mounts.paths.get(path)
    if (before !== undefined) {
      const message = `${prefix}inputs.artifacts[${index}].path '${path}' already mounted in ${before}`
      return fault(message, inside(place, 'inputs', 'artifacts', index, 'path'))
    }
    mounts.paths.set(path, `inputs.artifacts.${name}`)
  }
  if (container.image || defaultsOf(holder)?.container?.image) return null
  return fault(`${prefix}container.image may not be empty`, at)
}

/** Defaults of a ClusterWorkflowTemplate give no image to those who use one of its templates. */
const defaultsOf = ({ scope, spec }: Holder): Template | undefined =>
  scope === 'cluster' ? undefined : spec.templateDefaults

function scriptFault(template: Template, holder: Holder, place: Place): Fault | null {
  const { script } = template
  if (!script || script.image || defaultsOf(holder)?.script?.image) return null
  return fault(`templates.${template.name ?? ''}.script.image may not be empty`, inside(place, 'script'))
}

function sidecarsFault(template: Template, place: Place): Fault | null {
  const index = (template.sidecars ?? []).findIndex(({ name }) => isReservedContainer(name))
  if (index === -1) return null
  const name = template.sidecars?.[index]?.name ?? ''
  const message = `templates.${template.name ?? ''}.sidecars: "${name}" is a reserved Argo container name`
  return fault(message, inside(place, 'sidecars', index, 'name'))
}

const actions = ['get', 'create', 'apply', 'delete', 'replace', 'patch']

function resourceFault(template: Template, resource: ResourceTemplate, place: Place): Fault | null {
  const name = `templates.${template.name ?? ''}`
  const { action, manifest, manifestFrom } = resource
  if (!isPlaceholder(action) && !actions.includes(action)) {
    return fault(`${name}.resource.action must be one of: ${actions.join(', ')}`, inside(place, 'action'))
  }
  if (action === 'get' || action === 'delete') return null
  if (!manifest && !manifestFrom) {
    return fault(`either ${name}.resource.manifest or ${name}.resource.manifestFrom must be specified`, place)
  }
  if (manifest && manifestFrom) {
    const words = "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template"
    return fault(words, inside(place, 'manifestFrom'))
  }
  const artifact = manifestFrom?.artifact.name
  if (artifact !== undefined && !template.inputs?.artifacts?.some((input) => input.name === artifact)) {
    return fault(
      `artifact ${artifact} in \`manifestFrom\` refer to a non-exist artifact`,
      inside(place, 'manifestFrom'),
    )
  }
  if (!manifest || isPlaceholder(manifest) || isYaml(manifest)) return null
  return fault(`${name}.resource.manifest must be a valid yaml`, inside(place, 'manifest'))
}

const expression = /\{\{\s*=\s*(.+?)\s*\}\}/g

function isYaml(text: string): boolean {
  const document = parseDocument(text.replace(expression, 'x'), {
    version: '1.1',
    prettyErrors: false,
    logLevel: 'silent',
  })
  return document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS').length === 0
}

function deadlineFault(template: Template, place: Place): Fault | null {
  const deadline = template.activeDeadlineSeconds
  if (deadline === undefined) return null
  const text = String(deadline)
  const whole = /^[+-]?\d+$/.test(text)
  const variable = (text.startsWith('{{') && text.endsWith('}}')) || isPlaceholder(text)
  if (whole ? Number(text) >= 0 : variable) return null
  const words = 'must be a positive integer > 0 or an argo variable'
  return fault(
    `templates.${template.name ?? ''}.activeDeadlineSeconds ${words}`,
    inside(place, 'activeDeadlineSeconds'),
  )
}
