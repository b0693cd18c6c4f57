from setuptools import find_packages, setup

package = "twincell_arm"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package]),
        ("share/" + package, ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="twincell maintainers",
    maintainer_email="maintainers@twincell.dev",
    description="The hardware side of the contract: Arm protocol, backends, arm node",
    license="Apache-2.0",
    entry_points={"console_scripts": ["arm_node = twincell_arm.node:main"]},
)
