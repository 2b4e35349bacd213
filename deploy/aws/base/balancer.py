"""The one public address: TLS, a limit on requests, and two groups of tasks between which a deployment moves."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_iam as iam
from aws_cdk import aws_wafv2 as waf
from constructs import Construct
from permissions import accept, allow
from settings import Settings

from base.network import Network
from base.storage import Storage

DESCRIBE = [
    "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth",
]  # fmt: skip


class Balancer(Construct):
    """A load balancer that sends requests to `groups`, blue and green: by turns, one of them has all."""

    def __init__(
        self, scope: Construct, name: str, *, settings: Settings, storage: Storage, network: Network, port: int
    ) -> None:
        super().__init__(scope, name)
        self.public = balancing.ApplicationLoadBalancer(
            self,
            "Public",
            vpc=network.vpc,
            internet_facing=True,
            deletion_protection=True,
            drop_invalid_header_fields=True,
        )
        self.public.log_access_logs(storage.access_logs, "balancer")
        accept(self.public, {"EC23": "it is the one public address of the service"})
        self.groups = [self._group(name, network, port) for name in ("Blue", "Green")]
        self._listener = self.public.add_listener(
            "Https",
            port=443,
            certificates=[balancing.ListenerCertificate.from_arn(settings.certificate)],
            ssl_policy=balancing.SslPolicy.TLS13_RES,
            default_action=balancing.ListenerAction.fixed_response(404),
        )
        self._rule = balancing.ApplicationListenerRule(
            self,
            "All",
            listener=self._listener,
            priority=1,
            conditions=[balancing.ListenerCondition.path_patterns(["/*"])],
            action=balancing.ListenerAction.weighted_forward(
                [
                    balancing.WeightedTargetGroup(target_group=group, weight=weight)
                    for group, weight in zip(self.groups, (100, 0), strict=True)
                ]
            ),
        )
        self._limit(settings)

    def admit(self, service: ecs.FargateService, container: str) -> None:
        """Send requests to a container of `service`, and let its deployments move them between the groups."""
        blue, green = self.groups
        mover = self._mover()
        target = service.load_balancer_target(
            container_name=container,
            alternate_target=ecs.AlternateTarget(
                "Green",
                alternate_target_group=green,
                production_listener=ecs.ListenerRuleConfiguration.application_listener_rule(self._rule),
                role=mover,
            ),
        )
        blue.add_target(target)
        service.node.add_dependency(self._rule, mover)

    def _group(self, name: str, network: Network, port: int) -> balancing.ApplicationTargetGroup:
        return balancing.ApplicationTargetGroup(
            self,
            name,
            vpc=network.vpc,
            port=port,
            protocol=balancing.ApplicationProtocol.HTTP,
            target_type=balancing.TargetType.IP,
            health_check=balancing.HealthCheck(path="/readyz", interval=Duration.seconds(15)),
            deregistration_delay=Duration.seconds(30),
        )

    def _mover(self) -> iam.Role:
        """Return the role of ECS, which moves requests from one group to the other."""
        role = iam.Role(self, "MoverRole", assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"))
        allow(role, DESCRIBE, "*", why="Elastic Load Balancing names no resource for them")
        allow(
            role,
            ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
            *(group.target_group_arn for group in self.groups),
        )
        allow(role, ["elasticloadbalancing:ModifyListener"], self._listener.listener_arn)
        allow(role, ["elasticloadbalancing:ModifyRule"], self._rule.listener_rule_arn)
        return role

    def _limit(self, settings: Settings) -> None:
        limit = waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=int(settings.requests_per_5_minutes), aggregate_key_type="IP"
            )
        )
        common = waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name="AWSManagedRulesKnownBadInputsRuleSet"
            )
        )
        wall = waf.CfnWebACL(
            self,
            "Wall",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("shortlist-wall"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="rate",
                    priority=0,
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    statement=limit,
                    visibility_config=_visible("shortlist-rate"),
                ),
                waf.CfnWebACL.RuleProperty(
                    name="known-bad-inputs",
                    priority=1,
                    override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                    statement=common,
                    visibility_config=_visible("shortlist-known-bad-inputs"),
                ),
            ],
        )
        waf.CfnWebACLAssociation(self, "Walled", resource_arn=self.public.load_balancer_arn, web_acl_arn=wall.attr_arn)


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
