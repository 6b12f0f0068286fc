{{- define "mesh.retentionRules" -}}
{{- $wrong := list }}
{{- with .Values.retention }}
{{- $kept := int .keptMonths }}{{- $s3 := .archive.s3 }}
{{- if and .archive.claim $s3.bucket }}
{{- $wrong = append $wrong "retention.archive.claim and retention.archive.s3.bucket are both set: keep the one that holds the archive." }}
{{- end }}
{{- if and (not $s3.bucket) (or $s3.endpoint $s3.region $s3.credentialsSecret $s3.peers) }}
{{- $wrong = append $wrong "retention.archive.s3 is set without a bucket: set s3.bucket, or take the rest out." }}
{{- end }}
{{- if and .enabled $s3.bucket (not $s3.peers) $.Values.networkPolicies.enabled }}
{{- $wrong = append $wrong "retention.archive.s3.peers is empty, so network policies would not let retention reach its archive: say where the bucket is (podSelector, namespaceSelector or ipBlock), or set networkPolicies.enabled=false." }}
{{- end }}
{{- if and .enabled $kept (not .archive.claim) (not $s3.bucket) }}
{{- $wrong = append $wrong (printf "retention.keptMonths is %d, and there is no archive: only what is archived is dropped. Set archive.s3.bucket or archive.claim, or keptMonths to 0." $kept) }}
{{- end }}
{{- if and $kept (le $kept (int .openMonths)) }}
{{- $wrong = append $wrong (printf "retention.keptMonths (%d) must be more than openMonths (%d), or 0 for ever." $kept (int .openMonths)) }}
{{- end }}
{{- $wrong = concat $wrong (include "mesh.resourceRules" (list "retention" .resources) | fromJsonArray) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
