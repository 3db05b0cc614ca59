/** The door of the room: text to resources, their check, and the merging of specs. */
export { type Limits, defaultLimits } from './limits.ts'
export { type Path, type Problem, formatProblem, pathText } from './problem.ts'
export { nearest } from './suggestion.ts'
export type { Manifest, ManifestKind, ResourceOf } from './manifest.ts'
export { type DecodeResourceOptions, decodeResource } from './decode-resource.ts'
export { type ParseOptions, type ParsedDocument, type ParsedManifests, parseManifests } from './parse.ts'
export type { TemplateLookup } from './validate/context.ts'
export {
  type ValidateOptions,
  noTemplates,
  validateClusterWorkflowTemplate,
  validateCronWorkflow,
  validateEventBinding,
  validateWorkflow,
  validateWorkflowTemplate,
} from './validate.ts'
export {
  type Breach,
  type PolicedContainer,
  type PolicedPod,
  type SecurityPolicy,
  allowsHostPath,
  checkPodPolicy,
  checkPolicy,
  strictPolicy,
} from './policy.ts'
export { mergeTemplateDefaults, mergeWorkflowSpecs } from './merge-specs.ts'
export { type MergeType, containerMerge, podSpecMerge, strategicMerge } from './strategic-merge.ts'
export { type LintOptions, type LintReport, type LintResult, type LintSource, lintFiles } from './lint-files.ts'
export { type LintStyle, lintReportText, lintWarningsText } from './lint-report.ts'
export { type YamlValue, applyPodSpecPatch, readYamlValue } from './yaml-value.ts'
export { compatibilityDocument } from './compatibility/document.ts'
export { ignoredFields, ignoredFieldsText } from './compatibility/ignored-fields.ts'
export { configMapOf, readExecutorPlugin } from './executor-plugin.ts'
export type { ReadPlugin } from './executor-plugin.ts'
