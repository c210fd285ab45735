#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\nVisit number %s\n' "$(nc counter 7 </dev/null)"
