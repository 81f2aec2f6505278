# One program each: its main file, its objects besides util, its libraries.

main-mx6d		= smtpd/mx6d
objs-mx6d		= smtpd/procs smtpd/supervise smtpd/spawn smtpd/wiring \
			  smtpd/privileged smtpd/control smtpd/control_status \
			  smtpd/listeners smtpd/settings_file \
			  smtpd/limits policy/rules policy/rules_default policy/facts \
			  resolver/zone resolver/zone_entry resolver/zone_record \
			  resolver/answer resolver/rdata resolver/rdata_text
libs-mx6d		= -luv -lconfuse -lseccomp -lidn2

main-mx6d-smtp		= smtpd/mx6d-smtp
objs-mx6d-smtp		= smtpd/smtp_listen smtpd/smtp_visit smtpd/smtp_ask smtpd/smtp_filter smtpd/header_edit \
			  smtpd/smtp_verdict smtpd/smtp_spool smtpd/smtp_log \
			  smtpd/smtp_admin smtpd/smtp_dry policy/authres policy/cfws policy/header \
			  smtpd/limits smtpd/session smtpd/session_input \
			  smtpd/session_verbs smtpd/session_hello \
			  smtpd/session_mail smtpd/session_rcpt \
			  smtpd/session_data smtpd/session_end smtpd/session_filter smtpd/session_prdr \
			  smtpd/session_misc smtpd/transaction smtpd/body \
			  smtpd/data smtpd/params smtpd/received smtpd/reply
libs-mx6d-smtp		= -luv -lconfuse -lseccomp -lidn2 -ltls

main-mx6d-auth		= policy/mx6d-auth
objs-mx6d-auth		= policy/answers policy/answers_text policy/auth_words \
			  policy/authresults \
			  policy/authres policy/cfws policy/dkim policy/dkim_check \
			  policy/dkim_key policy/dkim_screen policy/dkim_tags \
			  policy/dmarc policy/dmarc_record policy/dmarc_walk \
			  policy/examine policy/fieldtext policy/from \
			  policy/header policy/inquiry policy/iprev \
			  policy/message_facts policy/psl policy/received_spf \
			  policy/recent policy/spf policy/spf_eval \
			  policy/spf_lib policy/spf_macro policy/spf_plain \
			  policy/spf_record policy/spf_terms \
			  resolver/resolver_client
libs-mx6d-auth		= -luv -lconfuse -lseccomp -lidn2 -lpsl -lspf2 \
			  -lopendkim -lcrypto

main-mx6d-policy	= policy/mx6d-policy
objs-mx6d-policy	= policy/answers \
			  policy/auth_words policy/authresults \
			  policy/asked policy/asked_weigh policy/facts \
			  policy/fieldtext policy/expansion policy/first \
			  policy/gather policy/guesses \
			  policy/history policy/history_read policy/history_row \
			  policy/history_store policy/insistent policy/iprev \
			  policy/inquiry policy/judge policy/judge_ask \
			  policy/judge_best_guess policy/judge_client \
			  policy/judge_filtered \
			  policy/judge_gather policy/judge_suggest \
			  policy/judge_tell policy/known \
			  policy/lists policy/lists_books policy/lists_db policy/lists_edit \
			  policy/lists_find policy/lists_gather \
			  policy/lists_networks policy/lists_signs \
			  policy/lists_tables policy/lists_values \
			  policy/lists_values_signs policy/policy_admin \
			  policy/providers policy/pushback \
			  policy/recent policy/recipients policy/replay \
			  policy/rules policy/rules_default policy/signs \
			  policy/share policy/suggest policy/targets \
			  policy/verdict policy/verdict_facts \
			  resolver/resolver_client
libs-mx6d-policy	= -luv -lconfuse -lseccomp -lidn2 -lsqlite3

main-mx6d-filter	= policy/mx6d-filter
objs-mx6d-filter	= policy/talk policy/weigh policy/milter \
			  policy/milter_put policy/milter_reply policy/milter_wire
libs-mx6d-filter	= -luv -lconfuse -lseccomp -lidn2 -ltls

main-mx6d-resolver	= resolver/mx6d-resolver
objs-mx6d-resolver	= resolver/sources resolver/lookup resolver/zone \
			  resolver/zone_record resolver/zone_entry \
			  resolver/rdata_text resolver/rdata resolver/answer \
			  resolver/cache resolver/questions \
			  resolver/resolv_conf
libs-mx6d-resolver	= -luv -lconfuse -lseccomp -lidn2 -lunbound

main-mx6d-queue		= queue/mx6d-queue
objs-mx6d-queue		= queue/store queue/store_schema queue/store_write \
			  queue/store_read queue/store_admin queue/message \
			  queue/schedule queue/destinations queue/bounce \
			  queue/taken queue/lanes queue/spool queue/engine \
			  queue/serve queue/arrive queue/book queue/tell \
			  queue/notify queue/due queue/handout queue/ask \
			  queue/results queue/report \
			  queue/admin queue/admin_act
libs-mx6d-queue		= -luv -lconfuse -lseccomp -lidn2 -lsqlite3

main-mx6d-deliver	= queue/mx6d-deliver
objs-mx6d-deliver	= queue/client queue/client_end queue/client_hello \
			  queue/client_mail queue/client_prdr queue/client_results queue/reply \
			  queue/fallback queue/stuff queue/plan \
			  queue/plan_answers queue/plan_hosts queue/plan_order \
			  queue/plan_domain queue/plan_fixed queue/plan_steps \
			  queue/setup queue/link queue/link_shell queue/pool \
			  queue/route queue/attempt queue/attempt_next \
			  queue/attempt_book \
			  queue/attempt_answer queue/deliver_admin \
			  resolver/resolver_client
libs-mx6d-deliver	= -luv -lconfuse -lseccomp -lidn2 -ltls -lcrypto

main-mx6d-local		= queue/mx6d-local
objs-mx6d-local		= queue/local_users queue/local_target \
			  queue/local_worker queue/maildir queue/maildir_path \
			  queue/maildir_write
libs-mx6d-local		= -luv -lconfuse -lseccomp -lidn2

main-mx6ctl		= smtpd/mx6ctl
objs-mx6ctl		= smtpd/ctl_syntax smtpd/ctl_report smtpd/ctl_daemon \
			  smtpd/ctl_status smtpd/ctl_queue \
			  smtpd/ctl_destinations smtpd/ctl_route \
			  smtpd/ctl_explain smtpd/ctl_explain_dry \
			  smtpd/ctl_judged smtpd/ctl_simulate smtpd/simulated \
			  smtpd/ctl_simulated smtpd/tally smtpd/stored smtpd/mailstore \
			  smtpd/mbox smtpd/received_read policy/cfws \
			  policy/header smtpd/ctl_pushback smtpd/ctl_trace smtpd/ctl_lists smtpd/ctl_lists_file \
			  smtpd/ctl_tell \
			  policy/lists policy/lists_books policy/lists_db policy/lists_edit \
			  policy/lists_find policy/lists_networks \
			  policy/lists_signs policy/lists_gather \
			  policy/lists_tables policy/lists_values_signs \
			  policy/lists_import policy/lists_contacts \
			  policy/lists_values policy/contacts policy/csv \
			  policy/fold policy/vcard policy/ldif
libs-mx6ctl		= -luv -lconfuse -lidn2 -lsqlite3 -ljansson
