{{- /* What libs/topology says of the mesh, as JSON. `npm run topology` writes the file. */}}
{{- define "mesh.topology" -}}
{{- .Files.Get "files/topology.yaml" | fromYaml | toJson }}
{{- end }}

{{- /*
The enabled services by name, as JSON: the mesh's own and those that values.services adds. Values of a service override the topology,
which overrides the defaults. One that serves pages is enabled by their address: nobody needs a portal to have a mesh.
*/}}
{{- define "mesh.services" -}}
{{- $root := . }}{{- $services := dict }}
{{- $known := (include "mesh.topology" . | fromJson).services }}
{{- range $name := concat (keys $known) (keys .Values.services) | uniq }}
{{- $own := get $root.Values.services $name | default dict }}
{{- $service := mergeOverwrite (deepCopy $root.Values.defaults) (get $known $name | default dict) (deepCopy $own) }}
{{- if and $service.enabled (or (not $service.servesPages) $root.Values.portal.publicUrl) }}{{- $_ := set $services $name $service }}{{- end }}
{{- end }}
{{- toJson $services }}
{{- end }}

{{- /* The services that record accesses in a journal, by name, as JSON. */}}
{{- define "mesh.journalKeepers" -}}
{{- $keepers := dict }}
{{- range $name, $service := include "mesh.services" . | fromJson }}
{{- if and $service.journal $service.database }}{{- $_ := set $keepers $name $service }}{{- end }}
{{- end }}
{{- toJson $keepers }}
{{- end }}

{{- /* Not empty for a service that writes or reads topics, or administers the broker. Call with its values. */}}
{{- define "mesh.usesKafka" -}}
{{- if or .produces .consumes .institutionTopicsPrefix .administersBroker }}true{{ end }}
{{- end }}

{{- /* The service that the pod of `helm test` asks. */}}
{{- define "mesh.consultedService" -}}
{{- (include "mesh.topology" . | fromJson).consultedService }}
{{- end }}

{{- /* The name of one Secret of a service. Call with (list service name kind). */}}
{{- define "mesh.secret" -}}
{{- $service := index . 0 }}{{- $name := index . 1 }}{{- $kind := index . 2 -}}
{{- get $service.secrets $kind | default (printf "%s-%s" $name $kind) }}
{{- end }}

{{- define "mesh.tag" -}}
{{- .Values.global.imageTag | default .Chart.AppVersion }}
{{- end }}

{{- /* The reference of an image. Call with (list $ repository image): image may override repository, tag and digest. */}}
{{- define "mesh.image" -}}
{{- $root := index . 0 }}{{- $image := index . 2 -}}
{{- $registry := $root.Values.global.imageRegistry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- $image.repository | default (index . 1) -}}
{{- with $image.digest }}@{{ . }}{{ else }}:{{ $image.tag | default (include "mesh.tag" $root) }}{{ end -}}
{{- end }}

{{- /* The labels that select the pods of a service or of its migrations. Call with (list $ name component). */}}
{{- define "mesh.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name | quote }}
app.kubernetes.io/component: {{ index . 2 }}
{{- end }}

{{- /* Labels of pods. Call with (list $ name component). */}}
{{- define "mesh.podLabels" -}}
{{ include "mesh.selector" . }}
app.kubernetes.io/part-of: crossroads
{{- end }}

{{- /* Labels of everything else. Call with (list $ name component). */}}
{{- define "mesh.labels" -}}
{{- $root := index . 0 -}}
{{ include "mesh.podLabels" . }}
app.kubernetes.io/version: {{ include "mesh.versionLabel" $root }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{- define "mesh.accessLogOrigin" -}}
{{- .Values.global.accessLogOrigin | default (printf "%s/access" .Values.global.trustDomain) }}
{{- end }}

{{- /* The port of http://host:4318 or host:9093. */}}
{{- define "mesh.portOf" -}}
{{- regexFind ":[0-9]+" (regexReplaceAll "^[a-z]+://" . "") | trimPrefix ":" | default "4318" }}
{{- end }}

{{- /* The port of https://host, which is 443, of http://host:9000, or of an empty endpoint, which means one with https. */}}
{{- define "mesh.portOfUrl" -}}
{{- regexFind ":[0-9]+$" . | trimPrefix ":" | default (ternary "80" "443" (hasPrefix "http://" .)) }}
{{- end }}

{{- /* The version as a label: 63 characters, with a letter or digit at each end. */}}
{{- define "mesh.versionLabel" -}}
{{- include "mesh.tag" . | trunc 63 | trimAll "-_." | quote }}
{{- end }}

{{- /* A quantity (512Mi, 500m) as a plain number. */}}
{{- define "mesh.quantity" -}}
{{- if not (kindIs "string" .) }}{{ float64 . }}{{ else }}
{{- $text := toString . }}
{{- $units := dict "m" 0.001 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf (regexFind "^[0-9.]+" $text | float64) (get $units (regexFind "[A-Za-z]+$" $text) | default 1 | float64) }}
{{- end }}
{{- end }}
