{{- define "mesh.connectionRules" -}}
{{- $wrong := list }}
{{- $policies := .Values.networkPolicies.enabled }}
{{- with .Values.kafka }}
{{- if not .brokers }}
{{- $wrong = append $wrong "kafka.brokers is empty: give host:port of brokers' TLS listeners, for example --set 'kafka.brokers={kafka:9093}'." }}
{{- end }}
{{- range .brokers }}
{{- if not (regexMatch "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}$" .) }}
{{- $wrong = append $wrong (printf "kafka.brokers has %q: write host:port, without a scheme, for example kafka:9093." .) }}
{{- end }}
{{- end }}
{{- if and $policies (not .peers) (not .strimzi.enabled) }}
{{- $wrong = append $wrong "kafka.peers is empty, so network policies would not let services reach Kafka: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false." }}
{{- end }}
{{- with .strimzi }}
{{- if and .enabled (not .cluster) }}
{{- $wrong = append $wrong "kafka.strimzi.cluster is empty: name the Kafka resource whose operators make topics and users." }}
{{- end }}
{{- if gt (int .minInsyncReplicas) (int .replicas) }}
{{- $wrong = append $wrong (printf "kafka.strimzi.minInsyncReplicas (%d) is more than replicas (%d): nothing could be written." (int .minInsyncReplicas) (int .replicas)) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $policies (not .Values.postgresql.peers) (not .Values.postgresql.cloudNativePg.enabled) }}
{{- $wrong = append $wrong "postgresql.peers is empty, so network policies would not let services reach PostgreSQL: say where it is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false." }}
{{- end }}
{{- with .Values.telemetry }}
{{- if and .endpoint (not (regexMatch "^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}(/.*)?$" .endpoint)) }}
{{- $wrong = append $wrong (printf "telemetry.endpoint is %q: write scheme, host and port, for example http://otel-collector.observability:4318." .endpoint) }}
{{- else if and $policies .endpoint (not .peers) }}
{{- $wrong = append $wrong "telemetry.peers is empty, so network policies would not let services reach the collector: say where it is (podSelector, namespaceSelector or ipBlock)." }}
{{- end }}
{{- end }}
{{- if not (regexMatch "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" .Values.global.trustDomain) }}
{{- $wrong = append $wrong (printf "global.trustDomain is %q: write it like a domain in small letters, for example mesh.example.org." .Values.global.trustDomain) }}
{{- end }}
{{- $wrong = concat $wrong (include "mesh.resourceRules" (list "migrations" .Values.migrations.resources) | fromJsonArray) }}
{{- $wrong = concat $wrong (include "mesh.certificateRules" . | fromJsonArray) (include "mesh.ingressRules" . | fromJsonArray) }}
{{- toJson $wrong }}
{{- end }}

{{- define "mesh.certificateRules" -}}
{{- $wrong := list }}
{{- with .Values.certificates }}
{{- if and .trust.secret .trust.configMap }}
{{- $wrong = append $wrong "certificates.trust.secret and certificates.trust.configMap are both set: keep the one that holds ca.crt." }}
{{- end }}
{{- if eq (empty .institutions.secret) (empty .institutions.configMap) }}
{{- $wrong = append $wrong "certificates.institutions needs a secret or a configMap, and not both: name the one whose ca.crt has the authorities of institutions." }}
{{- end }}
{{- with .certManager }}
{{- $own := or .issuer.create .issuer.selfSigned }}
{{- if and $own (not .enabled) }}
{{- $wrong = append $wrong "certificates.certManager.issuer is to be made while certificates.certManager.enabled is false: enable it, or set create and selfSigned to false." }}
{{- end }}
{{- if and .issuer.create (not .issuer.selfSigned) (not .issuer.caSecret) }}
{{- $wrong = append $wrong "certificates.certManager.issuer.create needs issuer.caSecret: the Secret with the authority's tls.crt and tls.key." }}
{{- end }}
{{- if and $own (or (ne .issuer.kind "Issuer") (ne .issuer.group "cert-manager.io")) }}
{{- $wrong = append $wrong (printf "certificates.certManager.issuer: the chart makes an Issuer of cert-manager.io, no %s of %s; set create and selfSigned to false to use yours." .issuer.kind .issuer.group) }}
{{- end }}
{{- if ge (trimSuffix "h" .renewBefore | int) (trimSuffix "h" .duration | int) }}
{{- $wrong = append $wrong (printf "certificates.certManager.renewBefore (%s) must be less than duration (%s)." .renewBefore .duration) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- define "mesh.ingressRules" -}}
{{- $wrong := list }}
{{- $services := include "mesh.services" . | fromJson }}
{{- with .Values.ingress }}
{{- if and .enabled (not (regexMatch "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$" .domain)) }}
{{- $wrong = append $wrong (printf "ingress.domain is %q: give the domain under which institutions find <service>.<domain>, for example mesh.example.org." .domain) }}
{{- end }}
{{- end }}
{{- with .Values.test }}
{{- if .enabled }}
{{- range $key := list "certificateSecret" "requestSecret" "legalContext" "dataServices" }}
{{- if not (get $.Values.test $key) }}
{{- $wrong = append $wrong (printf "test.enabled needs test.%s: helm test asks a real question, as a real institution. See the README, or set test.enabled=false." $key) }}
{{- end }}
{{- end }}
{{- $consulted := include "mesh.consultedService" $ }}
{{- if not (hasKey $services $consulted) }}
{{- $wrong = append $wrong (printf "test.enabled needs the %s, which is not enabled: set services.%s.enabled=true, or test.enabled=false." $consulted $consulted) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* What a mesh in production requires. */}}
{{- define "mesh.productionRules" -}}
{{- $wrong := list }}
{{- if eq .Values.global.mode "production" }}
{{- range $name, $service := include "mesh.services" . | fromJson }}
{{- $least := ternary $service.autoscaling.minReplicas $service.replicas $service.autoscaling.enabled | int }}
{{- if lt $least 2 }}
{{- $wrong = append $wrong (printf "services.%s has one pod in production: a restart would stop the mesh. Set %s to 2 or more." $name (ternary "autoscaling.minReplicas" "replicas" $service.autoscaling.enabled)) }}
{{- end }}
{{- if not $service.disruption.enabled }}
{{- $wrong = append $wrong (printf "services.%s.disruption is disabled in production: a drain could take all of its pods at once. Enable it." $name) }}
{{- end }}
{{- if not (or $service.image.digest $service.image.tag $.Values.global.imageTag) }}
{{- $wrong = append $wrong (printf "the image of %s has no tag in production: set global.imageTag to the version that you release, or services.%s.image.digest." $name $name) }}
{{- end }}
{{- if eq ($service.image.tag | default $.Values.global.imageTag) "latest" }}
{{- $wrong = append $wrong (printf "the image of %s is latest in production, to which nobody can roll back: set global.imageTag to a version." $name) }}
{{- end }}
{{- end }}
{{- $mail := (include "mesh.topology" . | fromJson).mailService }}
{{- if and (hasKey (include "mesh.services" . | fromJson) $mail) (not (dig $mail "env" "OPERATOR_ENTERPRISE_NUMBER" "" .Values.services)) }}
{{- $wrong = append $wrong (printf "services.%s.env.OPERATOR_ENTERPRISE_NUMBER is not set in production: give the enterprise number, in quotes, of who operates the mesh: it is the sender of its own mail." $mail) }}
{{- end }}
{{- if not .Values.telemetry.endpoint }}
{{- $wrong = append $wrong "telemetry.endpoint is empty in production: nobody would see late deliveries or a journal that does not drain. Set the collector's address." }}
{{- end }}
{{- if regexMatch "\\.(test|example|invalid|localhost)$" .Values.global.trustDomain }}
{{- $wrong = append $wrong (printf "global.trustDomain is %s in production: use a domain of your own, since certificates and receipts name it for good." .Values.global.trustDomain) }}
{{- end }}
{{- if not .Values.networkPolicies.enabled }}
{{- $wrong = append $wrong "networkPolicies.enabled is false in production: enable them, or run with global.mode=development." }}
{{- end }}
{{- if .Values.certificates.certManager.issuer.selfSigned }}
{{- $wrong = append $wrong "certificates.certManager.issuer.selfSigned makes a development authority: in production use issuer.create with your authority's Secret, or an issuer of your own." }}
{{- end }}
{{- if and .Values.kafka.strimzi.enabled (lt (int .Values.kafka.strimzi.minInsyncReplicas) 2) }}
{{- $wrong = append $wrong "kafka.strimzi.minInsyncReplicas is 1 in production: set 2, so that what is acknowledged is on two brokers." }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
