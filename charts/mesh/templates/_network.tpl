{{- /* Egress to the cluster's DNS. */}}
{{- define "mesh.toDns" -}}
- to:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Values.networkPolicies.dns.namespace | quote }} } }
      podSelector: { matchLabels: {{ toJson .Values.networkPolicies.dns.podLabels }} }
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
{{- end }}

{{- define "mesh.toDatabase" -}}
- to:
    {{- if .Values.postgresql.cloudNativePg.enabled }}
    - podSelector: { matchLabels: { cnpg.io/cluster: {{ .Values.postgresql.cloudNativePg.cluster | quote }} } }
    {{- end }}
    {{- with .Values.postgresql.peers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    - { protocol: TCP, port: {{ int .Values.postgresql.port }} }
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

{{- define "mesh.fromIngressController" -}}
- namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ .Values.ingress.controller.namespace | quote }} } }
  {{- with .Values.ingress.controller.podLabels }}
  podSelector: { matchLabels: {{ toJson . }} }
  {{- end }}
{{- end }}

{{- /* The services that call one, as JSON. Call with (list $ name). */}}
{{- define "mesh.callersOf" -}}
{{- $callee := index . 1 }}{{- $callers := list }}
{{- range $name, $service := include "mesh.services" (index . 0) | fromJson }}
{{- if or (has $callee $service.calls) (has $callee $service.sources.services) }}
{{- $callers = append $callers $name }}
{{- end }}
{{- end }}
{{- $callers | toJson }}
{{- end }}
