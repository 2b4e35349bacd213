"""Queues with dead letters."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Queue(Construct):
    """A queue whose messages go to `dead` after some failed deliveries. Only TLS, only our key."""

    def __init__(
        self, scope: Construct, name: str, *, key: kms.IKey, visible_after: Duration, receives: int, delay: Duration
    ) -> None:
        super().__init__(scope, name)
        self.dead = sqs.Queue(
            self,
            "Dead",
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=visible_after,
            delivery_delay=delay,
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=receives),
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
        )
