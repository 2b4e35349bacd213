"""The network: isolated subnets, whose only ways out are endpoints of AWS services. There is no NAT."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct
from permissions import accept

CIDR = "10.20.0.0/16"
HTTPS = ec2.Port.tcp(443)
SERVICES = {
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Queues": ec2.InterfaceVpcEndpointAwsService.SQS,
}


class Network(Construct):
    """A VPC with public subnets for the load balancer, and isolated ones for everything else."""

    def __init__(self, scope: Construct, name: str, *, key: kms.IKey) -> None:
        super().__init__(scope, name)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22),
            ],
        )
        self.isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        flows = logs.LogGroup(
            self,
            "Flows",
            encryption_key=key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        # The range is written out: an intrinsic makes cdk-nag fail.
        self._endpoints = ec2.SecurityGroup(
            self, "Endpoints", vpc=self.vpc, allow_all_outbound=False, description="Endpoints of AWS services"
        )
        self._endpoints.add_ingress_rule(ec2.Peer.ipv4(CIDR), HTTPS, "HTTPS from inside")
        for service, address in SERVICES.items():
            self.add_endpoint(service, address)
        accept(
            self.vpc,
            {"EC28": "there are no instances, only network interfaces of tasks, functions and the database"},
        )

    def add_endpoint(self, name: str, service: ec2.IInterfaceVpcEndpointService) -> None:
        """Add a way to a service of AWS."""
        self.vpc.add_interface_endpoint(
            name, service=service, subnets=self.isolated, security_groups=[self._endpoints], open=False
        )

    def group(self, scope: Construct, name: str, description: str) -> ec2.SecurityGroup:
        """Return a security group that reaches HTTPS: from isolated subnets, the endpoints and S3 only."""
        group = ec2.SecurityGroup(scope, name, vpc=self.vpc, allow_all_outbound=False, description=description)
        group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "endpoints and S3")
        return group
