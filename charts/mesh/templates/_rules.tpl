{{- /* Rules that a schema cannot say. */}}
{{- define "mesh.rules" -}}
{{- if not .Values.kafka.brokers }}
{{- fail "\n\nkafka.brokers is empty: give host:port of the brokers' TLS listener, for example --set 'kafka.brokers={kafka:9093}'.\n" }}
{{- end }}
{{- end }}
