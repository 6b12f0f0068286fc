{{- /* Egress to the cluster's DNS. */}}
{{- define "mesh.toDns" -}}
- to:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Values.networkPolicies.dns.namespace | quote }} } }
      podSelector: { matchLabels: {{ toJson .Values.networkPolicies.dns.podLabels }} }
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end }}

{{- /* Call with (list $ clusters): the names of the Clusters, where the chart makes them. */}}
{{- define "mesh.toDatabase" -}}
{{- $postgresql := (index . 0).Values.postgresql -}}
- to:
    {{- if $postgresql.cloudNativePg.enabled }}
    {{- range index . 1 }}
    - podSelector: { matchLabels: { cnpg.io/cluster: {{ . | quote }} } }
    {{- end }}
    {{- end }}
    {{- with $postgresql.peers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - { protocol: TCP, port: {{ int $postgresql.port }} }
{{- end }}

{{- define "mesh.toKafka" -}}
- to:
    {{- with .Values.kafka.strimzi }}
    {{- if .enabled }}
    - podSelector: { matchLabels: { strimzi.io/cluster: {{ .cluster | quote }}, strimzi.io/name: {{ .cluster }}-kafka } }
      {{- with .namespace }}
      namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ . | quote }} } }
      {{- end }}
    {{- end }}
    {{- end }}
    {{- with .Values.kafka.peers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range include "mesh.kafkaPorts" . | fromJsonArray }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}

{{- /* Each port of the brokers once, as JSON. */}}
{{- define "mesh.kafkaPorts" -}}
{{- $ports := list }}
{{- range .Values.kafka.brokers }}
{{- $ports = append $ports (include "mesh.portOf" . | int) }}
{{- end }}
{{- $ports | uniq | toJson }}
{{- end }}

{{- define "mesh.toCollector" -}}
{{- with .Values.telemetry }}
{{- if .endpoint }}
- to:
    {{- toYaml .peers | nindent 4 }}
  ports:
    - { protocol: TCP, port: {{ include "mesh.portOf" .endpoint }} }
{{- end }}
{{- end }}
{{- end }}

{{- /* Call with values of the controller. */}}
{{- define "mesh.fromIngressController" -}}
- namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .namespace | quote }} } }
  {{- with .podLabels }}
  podSelector: { matchLabels: {{ toJson . }} }
  {{- end }}
{{- end }}

{{- /* The port at which a service calls others: the portal calls them where institutions do. Call with its values. */}}
{{- define "mesh.portFor" -}}
{{- ternary "50053" "50051" .servesPages }}
{{- end }}

{{- /* Call with (list $ names port). */}}
{{- define "mesh.toServices" -}}
{{- $root := index . 0 }}{{- $port := index . 2 }}
{{- with index . 1 }}
- to:
    {{- range . }}
    - podSelector: { matchLabels: {{ include "mesh.selector" (list $root . "service") | fromYaml | toJson }} }
    {{- end }}
  ports:
    - { protocol: TCP, port: {{ $port }} }
{{- end }}
{{- end }}

{{- /* The services whose commands (ops.yaml) call one, as JSON. Call with (list $ name). */}}
{{- define "mesh.commandsThatCall" -}}
{{- $callee := index . 1 }}{{- $callers := list }}
{{- range $name, $service := include "mesh.services" (index . 0) | fromJson }}
{{- if and $service.database $service.consumes (has $callee $service.calls) }}
{{- $callers = append $callers $name }}
{{- end }}
{{- end }}
{{- $callers | toJson }}
{{- end }}

{{- /* The services that call one at a port, as JSON. Call with (list $ name port). */}}
{{- define "mesh.callersOf" -}}
{{- $callee := index . 1 }}{{- $port := index . 2 }}{{- $callers := list }}
{{- range $name, $service := include "mesh.services" (index . 0) | fromJson }}
{{- if and (eq $port (include "mesh.portFor" $service)) (or (has $callee $service.calls) (has $callee $service.sources.services)) }}
{{- $callers = append $callers $name }}
{{- end }}
{{- end }}
{{- $callers | toJson }}
{{- end }}
